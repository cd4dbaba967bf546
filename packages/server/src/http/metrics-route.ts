import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Registry } from 'prom-client'
import { Type } from 'typebox'
import type { ProcessMetrics } from '../process-metrics.ts'

/** `GET /metrics`: the service's own metrics and those of the process, for Prometheus. */
export function metricsRoute(registry: Registry, processMetrics: ProcessMetrics): FastifyPluginAsyncTypebox {
  const schema = {
    operationId: 'metrics',
    summary: 'Metrics for Prometheus',
    produces: ['text/plain'],
    response: { 200: Type.String({ description: 'Prometheus text exposition format.' }) }
  }
  return async app => {
    app.get('/metrics', { schema }, async (_request, reply) => {
      const texts = await Promise.all([registry.metrics(), processMetrics.text()])
      return reply.type(registry.contentType).send(texts.join(''))
    })
  }
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from '@millrace/protocol'
import type { FastifyReply } from 'fastify'
import type { Registry } from 'prom-client'
import type { ProcessMetrics } from '../process-metrics.ts'
import { preferredType } from './preferred-type.ts'

/** The same figures in JSON, for those who ask for that and nothing else. */
export interface MetricsJson {
  /** Shape of what `read` gives. */
  readonly schema: TSchema
  read(): Promise<object>
}

/** What {@link metricsRoute} is given. */
export interface MetricsRouteDeps {
  registry: Registry
  processMetrics: ProcessMetrics
  json?: MetricsJson | undefined
}

const offers = ['text/plain', 'application/openmetrics-text', 'application/json'] as const

/** `GET /metrics`: the service's own metrics and those of the process, for Prometheus. */
export function metricsRoute({ registry, processMetrics, json }: MetricsRouteDeps): FastifyPluginAsyncTypebox {
  const text = Type.String({ description: 'Prometheus text exposition format.' })
  const contents = json && { 'text/plain': { schema: text }, 'application/json': { schema: json.schema } }
  const schema = {
    operationId: 'metrics',
    summary: 'Metrics for Prometheus',
    produces: ['text/plain'],
    response: { 200: contents === undefined ? text : { description: 'Metrics by `Accept`.', content: contents } }
  }
  const asText = async (reply: FastifyReply): Promise<FastifyReply> => {
    const texts = await Promise.all([registry.metrics(), processMetrics.text()])
    return reply.type(registry.contentType).send(texts.join(''))
  }
  return async app => {
    app.get('/metrics', { schema }, async (request, reply) => {
      if (json !== undefined) {
        void reply.header('vary', 'Accept')
        if (preferredType(request.headers.accept, offers) === 'application/json') return json.read()
      }
      return asText(reply)
    })
    // Where TensorFlow Serving has them.
    app.get('/monitoring/prometheus/metrics', { schema: { hide: true } }, async (_request, reply) => asText(reply))
  }
}

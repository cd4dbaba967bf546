import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Registry } from 'prom-client'
import type { App } from '../app-type.ts'
import type { Logger } from '../logger.ts'
import type { ProcessMetrics } from '../process-metrics.ts'
import { pathOf } from './failed-replies.ts'
import { createHttpMetrics } from './http-metrics.ts'

/** What {@link observeRequests} needs. */
export interface Observers {
  service: string
  logger: Logger
  registry: Registry
}

/** Echoes the request id, and logs one line and counts one request for each reply. */
export function observeRequests(app: App, { service, logger, registry }: Observers): void {
  const metrics = createHttpMetrics(service, registry)
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unmatched'
    const ms = reply.elapsedTime
    metrics.observe(request.method, route, reply.statusCode, ms / 1000)
    if (logger.isLevelEnabled('info')) {
      const { method, url } = request
      request.log.info({ method, route, path: pathOf(url), status: reply.statusCode, ms }, 'request completed')
    }
    done()
  })
}

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

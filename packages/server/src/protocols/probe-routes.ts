import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@millrace/protocol'

/** What {@link probeRoutes} is given. */
export interface ProbeRoutesDeps {
  /** Whether requests for models are answered; always, unless given. */
  isReady?: (() => boolean) | undefined
}

/** `/livez`, `/readyz` and `/healthz`, as Kubernetes and BentoML call them: one word, and 503 while not ready. */
export const probeRoutes: FastifyPluginAsyncTypebox<ProbeRoutesDeps> = async (app, { isReady = () => true }) => {
  const probes = { '/livez': () => true, '/readyz': isReady, '/healthz': isReady }
  for (const [url, isGood] of Object.entries(probes)) {
    app.get(
      url,
      {
        schema: {
          operationId: url.slice(1),
          summary: url === '/livez' ? 'Does the server answer' : 'Are requests for models answered; 503 while not',
          produces: ['text/plain'],
          response: { 200: Type.String({ description: 'ok' }), 503: Type.String({ description: 'not ready' }) }
        }
      },
      async (_request, reply) => {
        const good = isGood()
        return reply
          .code(good ? 200 : 503)
          .type('text/plain')
          .send(good ? 'ok\n' : 'not ready\n')
      }
    )
  }
}

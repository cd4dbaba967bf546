import type { OnlineModel } from '@millrace/engine'
import { ModelHealthReplySchema, WelcomeReplySchema } from '@millrace/protocol'
import { Registry } from 'prom-client'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { failures } from '../http/route-schema.ts'
import { version } from '../version.ts'
import { registerModelMetrics } from './model-gauges.ts'
import { modelRoutes } from './model-routes.ts'

/** What the inference service is given. */
export interface InferenceDeps extends CommonDeps {
  /** The default learner. */
  model: OnlineModel
}

/** The inference service: the default learner, and what this server offers. Does not listen. */
export function buildInference({ model, ...common }: InferenceDeps): App {
  const registry = new Registry()
  registerModelMetrics(registry, model)
  const app = buildApp({ ...common, registry, service: 'inference' })
  const endpoints = ['GET /docs', 'GET /redoc', 'GET /openapi.json']
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema !== undefined && !('hide' in schema) && method !== 'HEAD') endpoints.push(`${String(method)} ${url}`)
  })
  void app.register(async routes => {
    routes.get(
      '/',
      {
        schema: {
          operationId: 'welcome',
          summary: 'What this server is and offers',
          response: { 200: WelcomeReplySchema, ...failures }
        }
      },
      async () => ({ name: 'millrace', version, status: 'ok', endpoints })
    )
    routes.get(
      '/health',
      {
        schema: {
          operationId: 'health',
          summary: 'Is the service up',
          response: { 200: ModelHealthReplySchema, ...failures }
        }
      },
      async () => ({ status: 'ok', model_loaded: true })
    )
  })
  void app.register(modelRoutes, { model })
  return app
}

import { WelcomeReplySchema } from '@millrace/protocol'
import type { App } from '../app-type.ts'
import { failures } from '../http/route-schema.ts'
import { version } from '../version.ts'
import { type LearnerDeps, modelApp } from './model-app.ts'

/** What the inference service is given. */
export type InferenceDeps = LearnerDeps

/** The inference service: the default learner, and what this server offers. Does not listen. */
export function buildInference(deps: InferenceDeps): App {
  const app = modelApp({ ...deps, service: 'inference' })
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
  })
  return app
}

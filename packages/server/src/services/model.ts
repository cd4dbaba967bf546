import type { OnlineModel } from '@millrace/engine'
import { ModelHealthReplySchema } from '@millrace/protocol'
import { Registry } from 'prom-client'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { failures } from '../http/route-schema.ts'
import { registerModelMetrics } from './model-gauges.ts'
import { modelRoutes } from './model-routes.ts'

/** What a model service is given. */
export interface ModelDeps extends CommonDeps {
  model: OnlineModel
}

/** A model service: one learner that predicts and learns. Does not listen. */
export function buildModel({ model, ...common }: ModelDeps): App {
  const registry = new Registry()
  registerModelMetrics(registry, model)
  const logger = common.logger.child({ model: model.name })
  const app = buildApp({ ...common, logger, registry, service: 'model' })
  void app.register(async routes => {
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

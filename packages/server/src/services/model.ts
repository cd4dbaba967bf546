import type { OnlineModel } from '@millrace/engine'
import type { CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { modelApp } from './model-app.ts'

/** What a model service is given. */
export interface ModelDeps extends CommonDeps {
  model: OnlineModel
}

/** A model service: one learner that predicts and learns. Does not listen. */
export function buildModel({ logger, ...deps }: ModelDeps): App {
  return modelApp({ ...deps, logger: logger.child({ model: deps.model.name }), service: 'model' })
}

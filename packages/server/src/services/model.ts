import type { App } from '../app-type.ts'
import { type LearnerDeps, modelApp } from './model-app.ts'

/** What a model service is given. */
export type ModelDeps = LearnerDeps

/** A model service: one learner that predicts and learns. Does not listen. */
export function buildModel({ logger, ...deps }: ModelDeps): App {
  return modelApp({ ...deps, logger: logger.child({ model: deps.learner.name }), service: 'model' })
}

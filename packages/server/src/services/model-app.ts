import type { ServedLearner } from '@millrace/engine'
import { Registry } from 'prom-client'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import type { Config } from '../config-schema.ts'
import { registerLearnerMetrics } from './learner-gauges.ts'
import { feedbackRoute } from './feedback-route.ts'
import { learnRoutes } from './learn-routes.ts'
import { registerModelMetrics } from './model-gauges.ts'
import { modelRoutes } from './model-routes.ts'
import type { FindWriter } from './naming-writer.ts'

/** What a service of one learner is given. */
export interface LearnerDeps extends CommonDeps {
  config: CommonDeps['config'] & Pick<Config, 'durability'>
  learner: ServedLearner
  /** Where the writer of the learner is, if it is known and not this process; nowhere by default. */
  findWriter?: FindWriter
}

/** An app that serves one learner and tells of it in `/metrics`. Does not listen. */
export function modelApp({
  learner,
  findWriter = async () => undefined,
  ...common
}: LearnerDeps & { service: string }): App {
  const registry = new Registry()
  registerModelMetrics(registry, learner)
  registerLearnerMetrics(registry, learner)
  const app = buildApp({ ...common, registry })
  void app.register(modelRoutes, { learner, durability: common.config.durability })
  void app.register(learnRoutes, { learner, findWriter })
  void app.register(feedbackRoute, { learner, findWriter })
  return app
}

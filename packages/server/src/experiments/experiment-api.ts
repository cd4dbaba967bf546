import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Experiments, ServedLearner } from '@millrace/engine'
import type { FindWriter } from '../services/naming-writer.ts'
import type { AbTest } from './ab-test.ts'
import { abTestRoutes } from './ab-test-routes.ts'
import { canaryRoutes } from './canary-routes.ts'
import { experimentFactsRoutes } from './experiment-facts-routes.ts'
import { experimentRoutes } from './experiment-routes.ts'
import { feedbackRoutes } from './feedback-routes.ts'
import { planRoute } from './plan-route.ts'
import { shadowRoutes } from './shadow-routes.ts'

/** What {@link experimentApi} is given. */
export interface ExperimentApiDeps {
  experiments: Experiments
  abTest: Pick<AbTest, 'state' | 'configure'>
  /** Name of the model that answers lists of features. */
  featuresModel: string
  /** The learner of this port, which takes labels of its own predictions. */
  learner: Pick<ServedLearner, 'label'>
  findWriter: FindWriter
  /** Milliseconds since 1970. */
  now: () => number
}

/** Who is answered by which version, and what came of it: experiments, the documented A/B test, canaries, shadows, feedback. */
export const experimentApi: FastifyPluginAsyncTypebox<ExperimentApiDeps> = async (app, deps) => {
  await app.register(abTestRoutes, deps)
  await app.register(experimentRoutes, deps)
  await app.register(experimentFactsRoutes, deps)
  await app.register(planRoute)
  await app.register(canaryRoutes, deps)
  await app.register(shadowRoutes, deps)
  await app.register(feedbackRoutes, deps)
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer, ServedLearner } from '@millrace/engine'
import type { Durability } from '@millrace/store'
import type { ServingMetrics } from '../metrics/serving-metrics.ts'
import { adRoutes } from './ad-routes.ts'
import { adminRoutes } from './admin-routes.ts'
import { batchRoute } from './batch-route.ts'
import { dataModel } from './data-model.ts'
import { healthRoute } from './health-route.ts'
import { modelListRoutes } from './model-routes.ts'
import { predictRoute } from './predict-route.ts'
import type { Uptime } from './uptime.ts'
import { welcomeRoute } from './welcome-route.ts'

/** What {@link documentRoutes} is given. */
export interface DocumentDeps {
  models: ModelServer
  /** The learner of this port, which answers objects of features. */
  learner: ServedLearner
  durability: Durability
  metrics: Pick<ServingMetrics, 'alsoPredicted' | 'wasSure' | 'reloaded'>
  /** Names of the models that answer `data`, and lists of features. */
  dataModel: string
  featuresModel: string
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
  /** Title and version of the API. */
  title: string
  version: string
  /** Method and path of every endpoint of the app, for `GET /`; may grow until the app is ready. */
  routes: readonly string[]
  /** Why what experiments measure cannot be kept; undefined while all is well. */
  experimentsProblem?: (() => string | undefined) | undefined
  /** Whether Redis answers; undefined when none is configured. */
  redisConnected: () => boolean | undefined
  /** Whether models come from a bucket. */
  hasBucket: boolean
  uptime: Uptime
  /** Milliseconds since 1970. */
  now?: () => number
}

/**
 * The API of the model server, as its users know it: `/`, `/health`, `/predict`, `/predict/batch`, `/predict/fraud`,
 * `/predict/ctr`, `/predict/bid`, `/models`, `/models/info`, `/models/reload`, `/model/reload`,
 * `/models/{version}/activate`, `/models/rollback` and `/sample`.
 */
export const documentRoutes: FastifyPluginAsyncTypebox<DocumentDeps> = async (app, given) => {
  const deps = { now: Date.now, ...given, dataModel: dataModel(given.models, given.dataModel) }
  await app.register(welcomeRoute, deps)
  await app.register(healthRoute, deps)
  await app.register(predictRoute, deps)
  await app.register(batchRoute, deps)
  await app.register(adRoutes, deps)
  await app.register(modelListRoutes, deps)
  await app.register(adminRoutes, deps)
}

import type { Experiments, ModelServer } from '@millrace/engine'
import type { Registry } from 'prom-client'
import { buildApp } from '../app.ts'
import type { App } from '../app-type.ts'
import type { Config } from '../config-schema.ts'
import { documentRoutes } from '../documents/document-routes.ts'
import { tellProcessTime } from '../documents/process-time.ts'
import { startUptime } from '../documents/uptime.ts'
import { wineModel } from '../documents/wine-answer.ts'
import type { AbTest } from '../experiments/ab-test.ts'
import { experimentApi } from '../experiments/experiment-api.ts'
import { openConnections } from '../http/open-connections.ts'
import { routeName } from '../http/route-name.ts'
import { metricsReply } from '../metrics/metrics-reply.ts'
import type { ServingMetrics } from '../metrics/serving-metrics.ts'
import { systemFigures } from '../metrics/system-metrics.ts'
import { mlflowRoutes } from '../protocols/mlflow/mlflow-routes.ts'
import { onlyModel } from '../protocols/mlflow/only-model.ts'
import { probeRoutes } from '../protocols/probe-routes.ts'
import { kserveV1Routes } from '../protocols/v1/kserve-v1-routes.ts'
import { directInfer } from '../protocols/v2/direct-infer.ts'
import { inferenceProtocolRoutes } from '../protocols/v2/inference-protocol-routes.ts'
import { version } from '../version.ts'
import { registerLearnerMetrics } from './learner-gauges.ts'
import { learnRoutes } from './learn-routes.ts'
import type { LearnerDeps } from './model-app.ts'
import { registerModelMetrics } from './model-gauges.ts'
import { modelFactRoutes } from './model-routes.ts'

/** What the inference service is given. */
export interface InferenceDeps extends LearnerDeps {
  config: LearnerDeps['config'] &
    Pick<
      Config,
      | 'dataDir'
      | 'inferBodyLimitBytes'
      | 'dataModel'
      | 'featuresModel'
      | 'unitHeader'
      | 's3Bucket'
      | 'apiTitle'
      | 'apiVersion'
    >
  models: ModelServer
  experiments: Experiments
  /** The documented A/B test, one of them. */
  abTest: Pick<AbTest, 'state' | 'configure'>
  /** Why what experiments measure cannot be kept; undefined while all is well. */
  experimentsProblem?: (() => string | undefined) | undefined
  /** Where `metrics` are registered. */
  registry: Registry
  metrics: ServingMetrics
  /** Whether Redis answers; undefined when none is configured. */
  redisConnected: () => boolean | undefined
  /** Connections that are open; those of this app unless given. */
  connections?: (() => Promise<number>) | undefined
}

/** The inference service: models in every protocol that it speaks, and the learner of its port. Does not listen. */
export function buildInference(deps: InferenceDeps): App {
  const { config, models, experiments, abTest, metrics, registry, learner, findWriter = async () => undefined } = deps
  const { dataModel, featuresModel, apiTitle, apiVersion = version } = config
  const uptime = startUptime()
  registerModelMetrics(registry, learner)
  registerLearnerMetrics(registry, learner)
  const metricsJson = metricsReply({
    metrics,
    system: systemFigures({ folder: config.dataDir }),
    uptime,
    connections: deps.connections ?? (() => openConnections(app)),
    wineModel,
    featuresModel
  })
  const { inferBodyLimitBytes, unitHeader } = config
  const app = buildApp({
    ...deps,
    service: 'inference',
    registry,
    requests: metrics.requests,
    metricsJson,
    apiName: { title: apiTitle ?? 'Millrace inference', version: apiVersion },
    direct: { find: directInfer({ models, log: deps.logger, unitHeader }), bodyLimitBytes: inferBodyLimitBytes }
  })
  tellProcessTime(app)
  const routes: string[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (schema !== undefined && !('hide' in schema) && method !== 'HEAD')
      routes.push(`${String(method)} ${routeName(url)}`)
  })
  void app.register(modelFactRoutes, { learner })
  void app.register(learnRoutes, { learner, findWriter })
  void app.register(experimentApi, { experiments, abTest, featuresModel, learner, findWriter, now: Date.now })
  void app.register(documentRoutes, {
    models,
    learner,
    durability: config.durability,
    metrics,
    dataModel,
    featuresModel,
    unitHeader,
    title: apiTitle ?? 'MLOps Model API',
    version: apiVersion,
    routes,
    redisConnected: deps.redisConnected,
    experimentsProblem: deps.experimentsProblem,
    hasBucket: config.s3Bucket !== undefined,
    uptime
  })
  const asked = { models, inferBodyLimitBytes, unitHeader }
  void app.register(inferenceProtocolRoutes, { ...asked, isReady: models.hasStarted })
  void app.register(kserveV1Routes, asked)
  void app.register(mlflowRoutes, { ...asked, defaultModel: () => onlyModel(models) ?? dataModel })
  void app.register(probeRoutes, { isReady: models.hasStarted })
  return app
}

import { join } from 'node:path'
import { createModelServer, createResponseCache, type ModelServer, type ServingEvents } from '@millrace/engine'
import { createRuntime } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import { Registry } from 'prom-client'
import { buildApp } from '../../src/app.ts'
import type { App } from '../../src/app-type.ts'
import { type DocumentDeps, documentRoutes } from '../../src/documents/document-routes.ts'
import { tellProcessTime } from '../../src/documents/process-time.ts'
import { startUptime } from '../../src/documents/uptime.ts'
import { metricsReply } from '../../src/metrics/metrics-reply.ts'
import { type ServingMetrics, servingMetrics } from '../../src/metrics/serving-metrics.ts'
import { systemFigures } from '../../src/metrics/system-metrics.ts'
import { learnRoutes } from '../../src/services/learn-routes.ts'
import { modelFactRoutes } from '../../src/services/model-routes.ts'
import { freshLearner } from '../fresh-learner.ts'
import { common } from '../services.ts'

/** The models that come with Millrace. */
export const sampleModels = join(import.meta.dirname, '../../../../models')

const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined }

/** A test, or a file of tests, after which things are closed. */
export interface Scope {
  after(close: () => Promise<void>): void
}

/** An app with the documents' API over real models. */
export interface DocumentApp {
  app: App
  models: ModelServer
  metrics: ServingMetrics
}

/** Models of a folder, opened as the inference service does; closed after the test. */
export async function openTestModels(t: Scope, events: ServingEvents, folder = sampleModels) {
  const runtime = createRuntime({ cores: 1 })
  const cache = createResponseCache({ maxBytes: 1_000_000, log: quiet })
  const models = await createModelServer({
    sources: [folderSource({ folder })],
    runtime,
    registry: memoryRegistryStore(),
    cache,
    policy: { kind: 'all' },
    defaultVersion: 'v1.0',
    limits: { maxModels: 100, memoryBytes: 1e9, maxConcurrent: 100, queueLimit: 1000, requestTimeoutMs: 10_000 },
    cacheTtlMs: 300_000,
    events,
    log: quiet
  })
  t.after(async () => {
    await models.close()
    await runtime.close()
  })
  return { models, cache }
}

/** @param replaced what a test would rather have, made from the models */
export async function documentApp(
  t: Scope,
  options: { folder?: string; replaced?: (models: ModelServer) => Partial<DocumentDeps> } = {}
): Promise<DocumentApp> {
  const registry = new Registry()
  const metrics = servingMetrics(registry)
  const { models, cache } = await openTestModels(t, metrics.events, options.folder)
  metrics.watch({ models, cache: () => cache.counts() })
  const uptime = startUptime()
  const learner = await freshLearner('linear_regression')
  const routes: string[] = []
  const app = buildApp({
    ...common,
    service: 'inference',
    registry,
    requests: metrics.requests,
    metricsJson: metricsReply({
      metrics,
      system: systemFigures({ folder: '.' }),
      uptime,
      connections: async () => 0,
      wineModel: 'wine_quality',
      featuresModel: 'tabular_classifier'
    })
  })
  tellProcessTime(app)
  app.addHook('onRoute', ({ method, url }) => void routes.push(`${String(method)} ${url}`))
  void app.register(modelFactRoutes, { learner })
  void app.register(learnRoutes, { learner, findWriter: async () => undefined })
  void app.register(documentRoutes, {
    models,
    learner,
    durability: 'fsync',
    metrics,
    dataModel: 'random_forest_classifier',
    featuresModel: 'tabular_classifier',
    title: 'MLOps Model API',
    version: '1.0.0',
    routes,
    redisConnected: () => undefined,
    hasBucket: false,
    uptime,
    ...options.replaced?.(models)
  })
  t.after(async () => {
    await app.close()
  })
  return { app, models, metrics }
}

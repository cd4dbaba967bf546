import { join } from 'node:path'
import {
  createModelServer,
  createResponseCache,
  type ModelServer,
  type ModelServerOptions,
  type ServingEvents
} from '@millrace/engine'
import { createRuntime } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import { Registry } from 'prom-client'
import type { App } from '../../src/app-type.ts'
import { type ServingMetrics, servingMetrics } from '../../src/metrics/serving-metrics.ts'
import { buildInference, type InferenceDeps } from '../../src/services/inference.ts'
import { withExperiments } from '../fresh-experiments.ts'
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
export async function openTestModels(
  t: Scope,
  events: ServingEvents,
  folder = sampleModels,
  options: Partial<ModelServerOptions> = {}
) {
  const runtime = createRuntime({ cores: 1 })
  const cache = createResponseCache({ maxBytes: 1_000_000, log: quiet })
  const models = await createModelServer({
    sources: [folderSource({ folder, stableMs: 0 })],
    runtime,
    registry: memoryRegistryStore(),
    cache,
    policy: { kind: 'all' },
    defaultVersion: 'v1.0',
    limits: { maxModels: 100, memoryBytes: 1e9, maxConcurrent: 100, queueLimit: 1000, requestTimeoutMs: 10_000 },
    cacheTtlMs: 300_000,
    events,
    log: quiet,
    ...options
  })
  t.after(async () => {
    await models.close()
    await runtime.close()
  })
  return { models, cache }
}

/** The inference service over the models of a folder. */
export async function documentApp(
  t: Scope,
  options: Partial<InferenceDeps> & { folder?: string } = {}
): Promise<DocumentApp> {
  const registry = new Registry()
  const metrics = servingMetrics(registry)
  const { models, cache } = await openTestModels(t, metrics.events, options.folder)
  metrics.watch({ models, cache: () => cache.counts() })
  const app = buildInference({
    ...common,
    registry,
    metrics,
    models,
    ...(await withExperiments(models)),
    learner: await freshLearner('linear_regression'),
    redisConnected: () => undefined,
    ...options
  })
  t.after(async () => {
    await app.close()
  })
  return { app, models, metrics }
}

import { type Experiments, type Ledger, memoryLedger, type ModelServer, openExperiments } from '@millrace/engine'
import { memoryRegistryStore, type RegistryStore } from '@millrace/store'
import { Registry } from 'prom-client'
import type { App } from '../../src/app-type.ts'
import { createLogger, type Config, parseConfig } from '../../src/index.ts'
import { servingMetrics } from '../../src/metrics/serving-metrics.ts'
import { createAbTest } from '../../src/open-experiments.ts'
import { buildInference } from '../../src/services/inference.ts'
import { openTestModels, type Scope } from '../documents/document-app.ts'
import { freshLearner } from '../fresh-learner.ts'
import { common } from '../services.ts'

/** The inference service over the sample models, with experiments that decide. */
export interface ExperimentApp {
  app: App
  experiments: Experiments
  models: ModelServer
}

/** What a test gives the service. */
export interface ExperimentAppOptions {
  registry?: RegistryStore
  ledger?: Ledger
  /** Environment variables. */
  env?: Record<string, string>
}

/** The inference service as a process has it, closed after the test. */
export async function experimentApp(t: Scope, options: ExperimentAppOptions = {}): Promise<ExperimentApp> {
  const { registry = memoryRegistryStore(), ledger = memoryLedger(), env = {} } = options
  const config: Config = parseConfig(env)
  const logger = createLogger({ level: 'silent' })
  const counts = new Registry()
  const metrics = servingMetrics(counts)
  const experiments = await openExperiments({ registry, ledger, log: logger })
  t.after(() => experiments.close())
  const { models, cache } = await openTestModels(t, metrics.events, undefined, {
    registry,
    traffic: experiments.traffic
  })
  await experiments.attach(models)
  const abTest = createAbTest({ experiments, models, config, logger })
  await abTest.follow()
  metrics.watch({ models, cache: () => cache.counts() })
  const learner = await freshLearner('linear_regression')
  const app = buildInference({
    ...common,
    config,
    registry: counts,
    metrics,
    models,
    experiments,
    abTest,
    learner,
    redisConnected: () => undefined
  })
  t.after(async () => {
    await app.close()
  })
  return { app, experiments, models }
}

/** The features of the documents' example. */
export const features = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]

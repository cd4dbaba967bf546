import type { Experiments, ModelServer, ServingEvents } from '@millrace/engine'
import { Registry } from 'prom-client'
import type { AbTest } from './experiments/ab-test.ts'
import { registerLedgerMetrics } from './metrics/ledger-metrics.ts'
import { type ServingMetrics, servingMetrics } from './metrics/serving-metrics.ts'
import { createAbTest, openServingExperiments } from './open-experiments.ts'
import { type ModelsOrder, openModels } from './open-models.ts'
import type { OpenThings } from './open-things.ts'
import type { Workers } from './workers/start-workers.ts'

/** The models of the inference service, what decides between their versions, and what they are counted in. */
export interface Serving {
  models: ModelServer
  experiments: Experiments
  experimentsProblem: () => string | undefined
  abTest: AbTest
  registry: Registry
  metrics: ServingMetrics
  /** The processes that answer the port of the inference service, when there are several. */
  workers: Workers | undefined
}

/** What {@link openServing} is given. */
export type ServingOrder = Omit<ModelsOrder, 'events' | 'traffic'> & { workers: Workers | undefined }

/**
 * Open experiments, then the models that they decide about, and let the documented A/B test follow the settings. All is
 * closed in the opposite order: a model that still answers a request has somebody to tell.
 * @throws {MillraceError} as {@link openServingExperiments} and {@link openModels} do
 */
export async function openServing(things: OpenThings, { workers, ...order }: ServingOrder): Promise<Serving> {
  const registry = new Registry()
  const metrics = servingMetrics(registry, workers?.counts)
  // The learner of the inference service itself is asked by /predict, under no name of its own.
  const learners = new Map([...order.learners].filter(([service]) => service !== 'inference'))
  const { config, stores, logger } = order
  const later: { abTest?: AbTest } = {}
  const refreshed = (): void => {
    workers?.publishSoon()
    void later.abTest?.catchUp()
  }
  const deciding = await things.keep(openServingExperiments({ config, stores, logger, refreshed }))
  const events = followed(workers?.heeding(metrics.events) ?? metrics.events, model => {
    if (model === config.featuresModel) void later.abTest?.follow()
  })
  const { traffic, problem: experimentsProblem } = deciding
  const { models: own, cache } = await things.keep(openModels({ ...order, learners, events, traffic }))
  const models = workers?.lead(own) ?? own
  const experiments = workers?.decideBy(deciding) ?? deciding
  await experiments.attach(models)
  const abTest = createAbTest({ experiments, models, config, logger })
  // Whoever follows a writer does so in this as well.
  if (config.role !== 'reader') {
    later.abTest = abTest
    await abTest.follow()
  }
  const cacheOfAll = workers === undefined || cache === undefined ? cache : () => workers.cache(cache())
  metrics.watch({ models, cache: cacheOfAll, experiments })
  registerLedgerMetrics(registry, deciding.ledger)
  workers?.register(registry)
  return { models, experiments, experimentsProblem, abTest, registry, metrics, workers }
}

/** The same events, of which those are told as well that bring versions. */
function followed(events: ServingEvents, came: (model: string) => void): ServingEvents {
  return {
    ...events,
    loaded(served) {
      events.loaded?.(served)
      came(served.model)
    }
  }
}

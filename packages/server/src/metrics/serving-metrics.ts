import type { CacheCounts, ModelServer, VersionStatistics } from '@millrace/engine'
import type { Registry } from 'prom-client'
import { createRequestTally, type RequestTally, type TalliedRequests } from '../http/request-tally.ts'
import { type Counts, sumOfCounts } from './add-counts.ts'
import { DurationTally } from './duration-tally.ts'
import { registerExperimentMetrics, type WatchedExperiments } from './experiment-metrics.ts'
import { createServingTally, type ModelTally, type ServingTally } from './model-tally.ts'
import { type Labels, registerDurations, registerValues } from './read-metrics.ts'

/** What the metrics of the models are read from when somebody asks. */
export interface WatchedModels {
  models: Pick<ModelServer, 'models' | 'statistics' | 'isReady'>
  /** What the cache of answers has done; none when there is no cache. */
  cache?: (() => CacheCounts) | undefined
  /** What decides between versions, if anything does. */
  experiments?: WatchedExperiments | undefined
}

/** The metrics of the inference service. */
export interface ServingMetrics extends ServingTally {
  /** To be given to the app, which counts its requests here. */
  readonly requests: RequestTally
  /** Tell of these models from now on: they are made with `events`, and so after this. */
  watch(watched: WatchedModels): void
  readonly watched: WatchedModels | undefined
}

/**
 * Registers what `GET /metrics` of the inference service tells, under the names that existing dashboards use and under
 * our own. All of it is read from tallies when it is asked for, so that a request costs a few additions.
 * @param elsewhere what other processes have counted, to be told with what this one has
 */
export function servingMetrics(registry: Registry, elsewhere?: () => Counts): ServingMetrics {
  const { tally, requests } = tallies(elsewhere)
  let watched: WatchedModels | undefined
  registerApi(registry, requests, tally)
  registerInference(registry, tally, () => activeModels(watched))
  registerVersions(registry, () => watched?.models.statistics() ?? [])
  registerCache(registry, () => watched?.cache?.())
  registerExperimentMetrics(registry, () => watched?.experiments)
  const { events, loads, alsoPredicted, wasSure, reloaded } = tally
  return {
    events,
    loads,
    alsoPredicted,
    wasSure,
    reloaded,
    requests,
    get models() {
      return tally.models
    },
    get counts() {
      return tally.counts
    },
    watch(given) {
      watched = given
    },
    get watched() {
      return watched
    }
  }
}

function tallies(elsewhere: (() => Counts) | undefined): { tally: ServingTally; requests: RequestTally } {
  const tally = createServingTally()
  const requests = createRequestTally()
  if (elsewhere === undefined) return { tally, requests }
  const total = (): Counts => {
    const own = { requests: requests.all(), models: tally.models, predictions: tally.counts.predictions }
    return sumOfCounts([own, elsewhere()])
  }
  return {
    tally: {
      ...tally,
      get models() {
        return total().models
      },
      get counts() {
        return { ...tally.counts, predictions: total().predictions }
      }
    },
    requests: { observe: requests.observe, all: () => total().requests }
  }
}

/** Models of which a version is in memory and answers. */
function activeModels(watched: WatchedModels | undefined): number {
  const models = watched?.models.models() ?? []
  return models.filter(({ versions }) => versions.some(({ state }) => state === 'READY')).length
}

function registerApi(registry: Registry, requests: RequestTally, tally: ServingTally): void {
  const total = { name: 'ml_api_requests_total', help: 'API requests answered.' }
  registerValues(registry, 'counter', total, () =>
    requests.all().map(each => {
      const labels = { method: each.method, endpoint: each.route, status: String(each.status) }
      return [labels, each.durations.count] as const
    })
  )
  registerDurations(
    registry,
    { name: 'ml_api_request_duration_seconds', help: 'Time from an API request to the end of its reply.' },
    () => durationsByEndpoint(requests.all())
  )
  const predictions = { name: 'ml_api_predictions_total', help: 'Predictions made, from the cache or not.' }
  registerValues(registry, 'counter', predictions, () => [[{}, tally.counts.predictions]])
  const loads = { name: 'ml_api_model_load_seconds', help: 'Time to load a version of a model.' }
  registerDurations(registry, loads, () => [[{}, tally.loads]])
  const reloads = { name: 'ml_api_model_reloads_total', help: 'Calls to reload models, by outcome.' }
  registerValues(registry, 'counter', reloads, () => {
    const { success, failure } = tally.counts.reloads
    return [
      [{ outcome: 'success' }, success],
      [{ outcome: 'failure' }, failure]
    ]
  })
}

/** One tally for each method and route, whatever the status. */
function durationsByEndpoint(all: readonly TalliedRequests[]): [Labels, DurationTally][] {
  const groups = Map.groupBy(all, ({ method, route }) => `${method} ${route}`)
  return [...groups.values()].map(group => {
    const { method, route, durations } = group[0]!
    const sum = new DurationTally(durations.bounds)
    for (const each of group) sum.add(each.durations)
    return [{ method, endpoint: route }, sum]
  })
}

function registerInference(registry: Registry, tallied: ServingTally, active: () => number): void {
  const each = <Value>(read: (tally: ModelTally) => Iterable<readonly [Labels, Value]>) =>
    [...tallied.models].flatMap(([model_name, tally]) =>
      Array.from(read(tally), ([labels, value]) => [{ model_name, ...labels }, value] as const)
    )
  registerValues(
    registry,
    'counter',
    { name: 'ml_inference_requests_total', help: 'Questions to models by outcome; faulty ones are not counted.' },
    () =>
      each(({ durations, errors }) => [
        [{ status: 'success' }, durations.count],
        [{ status: 'error' }, [...errors.values()].reduce((sum, count) => sum + count, 0)]
      ])
  )
  registerDurations(
    registry,
    { name: 'ml_inference_duration_seconds', help: 'Time from a question to a model to its answer.' },
    () => each(({ durations }) => [[{}, durations]])
  )
  registerValues(
    registry,
    'counter',
    { name: 'ml_inference_errors_total', help: 'Questions that a model did not answer, by reason.' },
    () => each(({ errors }) => Array.from(errors, ([error_type, count]) => [{ error_type }, count] as const))
  )
  registerValues(
    registry,
    'gauge',
    { name: 'ml_model_load_time_seconds', help: 'Time that the version took that was loaded last.' },
    () => each(({ loadSeconds }) => (loadSeconds === undefined ? [] : [[{}, loadSeconds]]))
  )
  registerValues(registry, 'gauge', { name: 'ml_active_models', help: 'Models in memory.' }, () => [[{}, active()]])
  registerValues(
    registry,
    'counter',
    { name: 'millrace_model_load_failures_total', help: 'Versions that could not be loaded.' },
    () => [[{}, tallied.counts.loadFailures]]
  )
  registerValues(
    registry,
    'counter',
    { name: 'millrace_model_unloads_total', help: 'Versions that were taken out of memory.' },
    () => [[{}, tallied.counts.unloads]]
  )
}

const nanosecond = 1e-9

function registerVersions(registry: Registry, read: () => readonly VersionStatistics[]): void {
  const each = (tell: (statistics: VersionStatistics) => readonly (readonly [Labels, number])[]) => () =>
    read().flatMap(statistics => {
      const { model, version } = statistics
      return tell(statistics).map(([labels, value]) => [{ model, version, ...labels }, value] as const)
    })
  const counter = (name: string, help: string, values: ReturnType<typeof each>) =>
    registerValues(registry, 'counter', { name, help }, values)
  counter(
    'millrace_model_requests_total',
    'Questions to a version, by outcome.',
    each(({ success, fail }) => [
      [{ outcome: 'success' }, success.count],
      [{ outcome: 'failure' }, fail.count]
    ])
  )
  counter(
    'millrace_model_cache_total',
    'Questions to a version, by whether the answer was known.',
    each(({ cacheHit, cacheMiss }) => [
      [{ outcome: 'hit' }, cacheHit.count],
      [{ outcome: 'miss' }, cacheMiss.count]
    ])
  )
  counter(
    'millrace_model_rows_total',
    'Rows that a version was run on.',
    each(({ inferences }) => [[{}, inferences]])
  )
  counter(
    'millrace_model_runs_total',
    'Runs of a version; one may answer several questions.',
    each(({ executions }) => [[{}, executions]])
  )
  counter(
    'millrace_model_seconds_total',
    'Where the time of questions to a version went.',
    each(({ queue, computeInput, computeInfer, computeOutput }) =>
      Object.entries({ queue, input: computeInput, infer: computeInfer, output: computeOutput }).map(
        ([part, { ns }]) => [{ part }, ns * nanosecond] as const
      )
    )
  )
  registerValues(
    registry,
    'gauge',
    { name: 'millrace_model_memory_bytes', help: 'Estimated memory of a version.' },
    each(({ memoryBytes }) => [[{}, memoryBytes]])
  )
}

function registerCache(registry: Registry, read: () => CacheCounts | undefined): void {
  const register = (type: 'counter' | 'gauge', name: string, help: string, value: (counts: CacheCounts) => number) =>
    registerValues(registry, type, { name: `millrace_cache_${name}`, help }, () => {
      const counts = read()
      return counts === undefined ? [] : [[{}, value(counts)]]
    })
  register('counter', 'hits_total', 'Answers that were known.', ({ hits }) => hits)
  register('counter', 'misses_total', 'Answers that had to be made.', ({ misses }) => misses)
  register('counter', 'evictions_total', 'Answers that gave way to others.', ({ evictions }) => evictions)
  register('gauge', 'entries', 'Answers that are kept.', ({ entries }) => entries)
  register('gauge', 'bytes', 'Memory of the answers that are kept.', ({ bytes }) => bytes)
}

import type { VersionStatistics } from '@millrace/engine'
import { type MetricsReply, MetricsReplySchema, type VersionFigures } from '@millrace/protocol'
import type { MetricsJson } from '../http/metrics-route.ts'
import type { RequestTally } from '../http/request-tally.ts'
import { conversionRates, versionKey } from './conversion-rates.ts'
import type { VersionTally } from './model-tally.ts'
import type { ServingMetrics } from './serving-metrics.ts'
import type { SystemFigures } from './system-metrics.ts'

/** What {@link metricsReply} is given. */
export interface MetricsReplyDeps {
  metrics: ServingMetrics
  system: () => Promise<SystemFigures>
  /** Seconds since the service began. */
  uptime: () => number
  /** Connections that are open. */
  connections: () => Promise<number>
  /** The model of which `model_loaded` and `model_version` tell. */
  wineModel: string
  /** The model whose versions stand beside these. */
  featuresModel: string
  now?: () => number
}

/** What `GET /metrics` answers those who ask for JSON: the same counts as in the text. */
export function metricsReply(deps: MetricsReplyDeps): MetricsJson {
  const { system, now = Date.now, uptime } = deps
  return {
    schema: MetricsReplySchema,
    async read(): Promise<MetricsReply> {
      const [figures, connections] = await Promise.all([system(), deps.connections()])
      const timestamp = iso(now())
      return {
        timestamp,
        api_metrics: { ...apiFigures(deps.metrics), active_connections: connections, uptime_seconds: uptime() },
        model_metrics: modelFigures(deps),
        system_metrics: { timestamp, uptime_seconds: uptime(), ...figures }
      }
    }
  }
}

function apiFigures({ requests, counts }: { requests: RequestTally; counts: ServingMetrics['counts'] }) {
  let [total, errors, seconds] = [0, 0, 0]
  for (const { status, durations } of requests.all()) {
    total += durations.count
    seconds += durations.sum
    if (status >= 400) errors += durations.count
  }
  const errorRate = total === 0 ? 0 : errors / total
  return {
    total_requests: total,
    total_predictions: counts.predictions,
    average_response_time: total === 0 ? 0 : rounded((seconds * 1000) / total),
    errors,
    error_rate: rounded(errorRate),
    success_rate: rounded(1 - errorRate)
  }
}

function modelFigures({ metrics, wineModel, featuresModel }: MetricsReplyDeps): MetricsReply['model_metrics'] {
  const { watched } = metrics
  const version =
    watched?.models
      .models()
      .find(({ name }) => name === wineModel)
      ?.aliases.get('default') ?? null
  const { hits, misses, entries, bytes } = watched?.cache?.() ?? { hits: 0, misses: 0, entries: 0, bytes: 0 }
  const { success, failure, lastAt } = metrics.counts.reloads
  const models = figuresByModel(metrics)
  return {
    // Versions are names that operators choose; they must not hide what is told here.
    ...models[featuresModel],
    model_loaded: watched?.models.isReady(wineModel) ?? false,
    model_version: version,
    cache_status: entries > 0 ? 'active' : 'empty',
    cache: { hits, misses, hit_rate: hits + misses === 0 ? null : rounded(hits / (hits + misses)), entries, bytes },
    reload_events: {
      total: success + failure,
      successful: success,
      failed: failure,
      last: lastAt === undefined ? null : iso(lastAt)
    },
    models
  }
}

function figuresByModel(metrics: ServingMetrics): Record<string, Record<string, VersionFigures>> {
  const all = metrics.watched?.models.statistics() ?? []
  const byModel = Map.groupBy(all, ({ model }) => model)
  const { experiments } = metrics.watched ?? {}
  const conversions = experiments && conversionRates(experiments)
  return Object.fromEntries(
    Array.from(byModel, ([model, versions]) => {
      const tallies = metrics.models.get(model)?.versions
      const figures = versions.map(each => {
        const { version } = each
        const conversion_rate = rate(conversions?.get(versionKey(model, version)))
        return [version, { ...figuresOf(each, tallies?.get(version)), conversion_rate }] as const
      })
      return [model, Object.fromEntries(figures)]
    })
  )
}

function rate(share: number | undefined): number | null {
  return share === undefined ? null : rounded(share)
}

function figuresOf(
  { success, fail }: VersionStatistics,
  tally: VersionTally | undefined
): Omit<VersionFigures, 'conversion_rate'> {
  const total = success.count + fail.count
  return {
    total_predictions: total,
    successful_predictions: success.count,
    failed_predictions: fail.count,
    success_rate: total === 0 ? null : rounded(success.count / total),
    avg_processing_time: tally === undefined ? null : rounded(tally.sum / tally.answers),
    min_processing_time: tally === undefined ? null : rounded(tally.min),
    max_processing_time: tally === undefined ? null : rounded(tally.max),
    avg_confidence: tally === undefined || tally.confident === 0 ? null : rounded(tally.confidence / tally.confident),
    last_updated: tally === undefined ? null : iso(tally.lastAt)
  }
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

/** Seven decimals: a tenth of a microsecond. */
function rounded(value: number): number {
  return Math.round(value * 1e7) / 1e7
}

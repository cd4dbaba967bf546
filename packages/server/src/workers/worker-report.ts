import type { CacheCounts, VersionStatistics } from '@millrace/engine'
import type { TalliedRequests } from '../http/request-tally.ts'
import type { Counts } from '../metrics/add-counts.ts'
import { type CountedDurations, DurationTally } from '../metrics/duration-tally.ts'
import type { ModelTally } from '../metrics/model-tally.ts'

/** Counts as they travel between processes, where objects lose their methods. */
interface SentCounts {
  readonly requests: readonly (Omit<TalliedRequests, 'durations'> & { durations: CountedDurations })[]
  readonly models: readonly (readonly [string, Omit<ModelTally, 'durations'> & { durations: CountedDurations }])[]
  readonly predictions: number
}

/** What a worker has done since it began, and how it is. */
export interface WorkerReport {
  readonly counts: SentCounts
  /** Of versions that were asked something. */
  readonly statistics: readonly VersionStatistics[]
  /** Undefined when there is no cache. */
  readonly cache: CacheCounts | undefined
  /** Connections that are open. */
  readonly connections: number
  /** Models that it answers for itself. */
  readonly models: number
  readonly residentBytes: number
  readonly cpuSeconds: number
}

/** Makes counts ready to be sent. */
export function sentCounts({ requests, models, predictions }: Counts): SentCounts {
  return {
    requests: requests.map(each => ({ ...each, durations: each.durations.counted() })),
    models: Array.from(models, ([name, tally]) => [name, { ...tally, durations: tally.durations.counted() }]),
    predictions
  }
}

/** The counts that were sent. */
export function receivedCounts({ requests, models, predictions }: SentCounts): Counts {
  return {
    requests: requests.map(each => ({ ...each, durations: DurationTally.of(each.durations) })),
    models: new Map(models.map(([name, tally]) => [name, { ...tally, durations: DurationTally.of(tally.durations) }])),
    predictions
  }
}

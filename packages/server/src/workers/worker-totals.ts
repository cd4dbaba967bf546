import type { CacheCounts, VersionStatistics } from '@millrace/engine'
import { type Counts, sumOfCounts } from '../metrics/add-counts.ts'
import { sumOfCaches, sumOfStatistics } from './add-statistics.ts'
import { receivedCounts, type WorkerReport } from './worker-report.ts'

/** What workers have done together, those that ended among them. */
export interface WorkerTotals {
  counts(): Counts
  /** What versions were asked here, with what they were asked in workers. */
  statistics(own: readonly VersionStatistics[]): VersionStatistics[]
  cache(own: CacheCounts): CacheCounts
  /** Keep what a worker had counted when it was heard last: it ended. */
  keep(report: WorkerReport): void
}

/** @param reports the last ones of those that live */
export function workerTotals(reports: () => readonly WorkerReport[]): WorkerTotals {
  let past: Counts = { requests: [], models: new Map(), predictions: 0 }
  let pastStatistics: readonly VersionStatistics[] = []
  let pastCache: CacheCounts = { hits: 0, misses: 0, evictions: 0, entries: 0, bytes: 0 }
  return {
    counts: () => sumOfCounts([past, ...reports().map(({ counts }) => receivedCounts(counts))]),
    statistics(own) {
      const theirs = [...pastStatistics, ...reports().flatMap(({ statistics }) => statistics)]
      const byVersion = Map.groupBy(theirs, keyOf)
      return own.map(each => (byVersion.get(keyOf(each)) ?? []).reduce(sumOfStatistics, each))
    },
    cache: own =>
      reports().reduce(
        (sum, { cache }) => (cache === undefined ? sum : sumOfCaches(sum, cache)),
        sumOfCaches(own, pastCache)
      ),
    keep({ counts, statistics, cache }) {
      past = sumOfCounts([past, receivedCounts(counts)])
      // What it had in memory is gone.
      const ended = statistics.map(each => ({ ...each, memoryBytes: 0 }))
      pastStatistics = [...Map.groupBy([...pastStatistics, ...ended], keyOf).values()].map(same =>
        same.reduce(sumOfStatistics)
      )
      if (cache !== undefined) pastCache = sumOfCaches(pastCache, { ...cache, entries: 0, bytes: 0 })
    }
  }
}

function keyOf({ model, version }: VersionStatistics): string {
  return `${model}/${version}`
}

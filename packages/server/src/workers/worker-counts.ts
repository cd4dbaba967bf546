import type { CacheCounts, ServingEvents, VersionStatistics } from '@millrace/engine'
import { createRequestTally, type RequestTally } from '../http/request-tally.ts'
import { createServingTally, type ServingTally } from '../metrics/model-tally.ts'
import { isForPrimary } from './model-replica.ts'
import { sentCounts, type WorkerReport } from './worker-report.ts'

/** Counts what a worker answers. */
export interface WorkerCounts {
  readonly requests: RequestTally
  readonly tally: Pick<ServingTally, 'alsoPredicted' | 'wasSure'>
  /** Hears of answers; what the primary will answer in its place does not count here. */
  readonly events: Pick<ServingEvents, 'answered' | 'failed'>
  /** All that is counted so far, with how the worker is. */
  report(state: WorkerState): WorkerReport
}

/** What a worker knows of itself beside counts. */
export interface WorkerState {
  readonly statistics: readonly VersionStatistics[]
  readonly cache: CacheCounts | undefined
  readonly connections: number
  readonly models: number
}

export function workerCounts(): WorkerCounts {
  const requests = createRequestTally()
  const tally = createServingTally()
  const { answered, failed } = tally.events
  return {
    requests,
    tally,
    events: {
      ...(answered && { answered }),
      failed(what) {
        if (!isForPrimary(what.error)) failed?.(what)
      }
    },
    report({ statistics, ...state }) {
      const { user, system } = process.cpuUsage()
      return {
        ...state,
        statistics: statistics.filter(({ success, fail }) => success.count + fail.count > 0),
        counts: sentCounts({ requests: requests.all(), models: tally.models, predictions: tally.counts.predictions }),
        residentBytes: process.memoryUsage.rss(),
        cpuSeconds: (user + system) / 1e6
      }
    }
  }
}

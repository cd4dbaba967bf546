import type { Registry } from 'prom-client'
import { registerValues } from '../metrics/read-metrics.ts'
import type { WorkerPool } from './worker-pool.ts'
import type { WorkerReport } from './worker-report.ts'

/** Registers how each worker is; what they count is told with what the primary counts. */
export function registerWorkerMetrics(registry: Registry, pool: Pick<WorkerPool, 'workers' | 'restarts'>): void {
  const gauge = (name: string, help: string, read: () => readonly (readonly [Record<string, string>, number])[]) =>
    registerValues(registry, 'gauge', { name, help }, read)
  const each = (read: (report: WorkerReport) => number) => () =>
    pool.workers.flatMap(({ number, report }) =>
      report === undefined ? [] : [[{ worker: String(number) }, read(report)] as const]
    )
  gauge('millrace_workers', 'Worker processes that listen.', () => [
    [{}, pool.workers.filter(({ stage }) => stage === 'listening').length]
  ])
  registerValues(
    registry,
    'counter',
    { name: 'millrace_worker_restarts_total', help: 'Worker processes that took the place of one that ended.' },
    () => [[{}, pool.restarts]]
  )
  registerValues(
    registry,
    'counter',
    { name: 'millrace_worker_cpu_seconds_total', help: 'Processor time of a worker process since it began.' },
    each(({ cpuSeconds }) => cpuSeconds)
  )
  gauge(
    'millrace_worker_resident_memory_bytes',
    'Resident memory of a worker process.',
    each(({ residentBytes }) => residentBytes)
  )
  gauge(
    'millrace_worker_connections',
    'Connections to a worker process.',
    each(({ connections }) => connections)
  )
  gauge(
    'millrace_worker_models',
    'Models that a worker process answers for itself.',
    each(({ models }) => models)
  )
  gauge('millrace_worker_silence_seconds', 'Time since a worker process was heard; its counts are that old.', () =>
    pool.workers.map(({ number, heardAt }) => [{ worker: String(number) }, (performance.now() - heardAt) / 1000])
  )
}

import type { LedgerHealth } from '@millrace/engine'
import type { Registry } from 'prom-client'
import { registerValues } from './read-metrics.ts'

type Metric = readonly [type: 'counter' | 'gauge', name: string, help: string, read: (health: LedgerHealth) => number]

const metrics: readonly Metric[] = [
  ['gauge', 'writable', '1 while what is measured can be kept, 0 while not.', ({ problem }) => (problem ? 0 : 1)],
  ['counter', 'records_total', 'Records that this run has written.', ({ records }) => records],
  ['counter', 'written_bytes_total', 'Bytes of them.', ({ bytes }) => bytes],
  [
    'counter',
    'lost_records_total',
    'Records that were lost because they could not be written for long.',
    ({ lostRecords }) => lostRecords
  ],
  ['counter', 'snapshots_total', 'Snapshots that this run has taken.', ({ snapshots }) => snapshots],
  ['gauge', 'units', 'Units of all experiments that are known and can come back.', ({ units }) => units],
  ['gauge', 'requests', 'Requests that feedback can name.', ({ requests }) => requests],
  [
    'gauge',
    'waiting_outcomes',
    'Outcomes that are remembered for units and requests that come later.',
    ({ waitingOutcomes }) => waitingOutcomes
  ],
  ['gauge', 'memory_bytes', 'Memory of what is measured.', ({ memoryBytes }) => memoryBytes]
]

const ofExchange: readonly (readonly [
  name: string,
  help: string,
  read: (exchange: NonNullable<LedgerHealth['exchange']>) => number
])[] = [
  ['connected', '1 while records go by way of Redis, 0 while it is away.', ({ isConnected }) => (isConnected ? 1 : 0)],
  ['waiting_records', 'Records that other processes do not have yet.', ({ waitingRecords }) => waitingRecords],
  ['waiting_bytes', 'Bytes of them.', ({ waitingBytes }) => waitingBytes]
]

/** Registers how the ledger of experiments is: what it keeps, and what it passes on where there is Redis. */
export function registerLedgerMetrics(registry: Registry, health: () => LedgerHealth): void {
  for (const [type, name, help, read] of metrics) {
    registerValues(registry, type, { name: `millrace_experiment_ledger_${name}`, help }, () => [[{}, read(health())]])
  }
  for (const [name, help, read] of ofExchange) {
    registerValues(registry, 'gauge', { name: `millrace_experiment_exchange_${name}`, help }, () => {
      const { exchange } = health()
      return exchange === undefined ? [] : [[{}, read(exchange)]]
    })
  }
}

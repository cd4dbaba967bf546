import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LedgerHealth } from '@millrace/engine'
import { Registry } from 'prom-client'
import { registerLedgerMetrics } from '../../src/metrics/ledger-metrics.ts'

const health: LedgerHealth = {
  problem: undefined,
  records: 1,
  bytes: 2,
  lostRecords: 3,
  snapshots: 4,
  experiments: 5,
  units: 6,
  requests: 7,
  waitingOutcomes: 8,
  memoryBytes: 9,
  exchange: undefined
}

async function valuesOf(given: LedgerHealth): Promise<Record<string, number>> {
  const registry = new Registry()
  registerLedgerMetrics(registry, () => given)
  const lines = (await registry.metrics()).split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return Object.fromEntries(lines.map(line => line.split(' ')).map(([name, value]) => [name!, Number(value)]))
}

test('how the ledger is can be read, and of an exchange only where there is one', async () => {
  const prefix = 'millrace_experiment_ledger_'
  const own = {
    [`${prefix}writable`]: 1,
    [`${prefix}records_total`]: 1,
    [`${prefix}written_bytes_total`]: 2,
    [`${prefix}lost_records_total`]: 3,
    [`${prefix}snapshots_total`]: 4,
    [`${prefix}units`]: 6,
    [`${prefix}requests`]: 7,
    [`${prefix}waiting_outcomes`]: 8,
    [`${prefix}memory_bytes`]: 9
  }
  assert.deepEqual(await valuesOf(health), own)
  const exchange = { isConnected: false, waitingRecords: 10, waitingBytes: 11, images: 0, problem: undefined }
  assert.deepEqual(await valuesOf({ ...health, problem: new Error('full'), exchange }), {
    ...own,
    [`${prefix}writable`]: 0,
    millrace_experiment_exchange_connected: 0,
    millrace_experiment_exchange_waiting_records: 10,
    millrace_experiment_exchange_waiting_bytes: 11
  })
})

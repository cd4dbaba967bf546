import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deserialize, serialize } from 'node:v8'
import type { InferReply, VersionStatistics } from '@millrace/engine'
import type { VersionTally } from '../../src/metrics/model-tally.ts'
import { workerCounts } from '../../src/workers/worker-counts.ts'
import type { WorkerReport } from '../../src/workers/worker-report.ts'
import { workerTotals } from '../../src/workers/worker-totals.ts'

function statistics(version: string, count: number): VersionStatistics {
  const duration = { count, ns: count * 10 }
  return {
    model: 'm',
    version,
    lastInferenceMs: count,
    inferences: count,
    executions: count,
    success: duration,
    fail: { count: 0, ns: 0 },
    queue: duration,
    computeInput: duration,
    computeInfer: duration,
    computeOutput: duration,
    cacheHit: duration,
    cacheMiss: duration,
    batches: [{ rows: count, count: 1, inputNs: 1, inferNs: 2, outputNs: 3 }],
    memoryBytes: 100
  }
}

/** The report of a worker that answered so often, as it arrives in another process. */
function reportOf(answers: number): WorkerReport {
  const { events, requests, tally, report } = workerCounts()
  const reply = { route: { model: 'm', version: '1', reason: 'default' }, durationMs: 2 } as unknown as InferReply
  for (let answer = 0; answer < answers; answer++) {
    requests.observe({ method: 'POST', route: '/predict', status: 200, ms: 2 })
    events.answered!(reply)
  }
  tally.wasSure(reply, 0.5)
  const cache = { hits: answers, misses: 1, evictions: 0, entries: 3, bytes: 30 }
  const all = [statistics('1', answers), statistics('2', 0)]
  const sent = report({ statistics: all, cache, connections: 1, models: 1 })
  return deserialize(serialize(sent)) as WorkerReport
}

test('counts of workers are added up, and those of one that ended stay while what it held is gone', () => {
  const living = [reportOf(2), reportOf(3)]
  const totals = workerTotals(() => living)
  const counted = () => {
    const { requests, models, predictions } = totals.counts()
    const { durations, versions } = models.get('m')!
    const [{ route, status, durations: times }] = requests as [(typeof requests)[0]]
    return [requests.length, route, status, times.count, times.sum, predictions, durations.count, versions.get('1')]
  }
  const version = { answers: 5, sum: 0.01, min: 0.002, max: 0.002, confidence: 1, confident: 2 }
  const { lastAt, ...told } = counted()[7] as VersionTally
  assert.ok(lastAt > 0)
  assert.deepEqual(told, version)
  assert.deepEqual(counted().slice(0, 7), [1, '/predict', 200, 5, 0.01, 5, 5])
  const own = statistics('1', 1)
  const [all, other] = totals.statistics([own, statistics('2', 0)])
  assert.deepEqual([all!.success, all!.memoryBytes, all!.lastInferenceMs], [{ count: 6, ns: 60 }, 300, 3])
  assert.deepEqual(
    all!.batches.map(({ rows, count }) => [rows, count]),
    [
      [1, 1],
      [2, 1],
      [3, 1]
    ]
  )
  assert.deepEqual(other, statistics('2', 0))
  const none = { hits: 0, misses: 0, evictions: 0, entries: 0, bytes: 0 }
  assert.deepEqual(totals.cache(none), { hits: 5, misses: 2, evictions: 0, entries: 6, bytes: 60 })

  totals.keep(living.pop()!)
  assert.deepEqual(counted().slice(0, 7), [1, '/predict', 200, 5, 0.01, 5, 5])
  const [left] = totals.statistics([own])
  assert.deepEqual([left!.success, left!.memoryBytes], [{ count: 6, ns: 60 }, 200])
  assert.deepEqual(totals.cache(none), { hits: 5, misses: 2, evictions: 0, entries: 3, bytes: 30 })
})

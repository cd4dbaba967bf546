import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Session } from '../src/ort-session.ts'
import type { Tensor } from '../src/tensor.ts'
import { warmUp } from '../src/warm-up.ts'

/** A session that doubles its input and takes so many milliseconds for a row, by a clock of its own. */
function slowSession(rowMs: number) {
  const spec = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const
  const runs: number[] = []
  let time = 0
  const session: Session = {
    inputs: [spec],
    outputs: [spec],
    unserved: [],
    run([input]: readonly Tensor[]) {
      const rows = input!.shape[0]!
      runs.push(rows)
      time += rows * rowMs
      return [{ datatype: 'FP32', shape: [rows, 2], data: (input!.data as Float32Array).map(each => each * 2) }]
    },
    dispose: () => undefined
  }
  return { session, runs, now: () => time }
}

test('a model that takes long is run four times, for its cost and to compare rows', () => {
  const { session, runs, now } = slowSession(100)
  const { cost, unbatchable } = warmUp(session, { now })
  assert.equal(unbatchable, undefined)
  assert.deepEqual(cost, { rowUs: 100_000, nextRowUs: 100_000, rowElements: 2 })
  assert.deepEqual(runs, [1, 2, 1, 1])
})

test('a model that takes very long is run once, and not in batches', () => {
  const { session, runs, now } = slowSession(3000)
  const { cost, unbatchable } = warmUp(session, { now })
  assert.equal(cost?.rowUs, 3_000_000)
  assert.match(unbatchable!, /rows are not compared/)
  assert.deepEqual(runs, [1])
})

test('a model whose first run takes much longer than it may is run once, one that takes little longer once more', () => {
  const slow = slowSession(300)
  assert.equal(warmUp(slow.session, { now: slow.now, longestUs: 20_000 }).cost?.rowUs, 300_000)
  assert.deepEqual(slow.runs, [1])
  const { session, runs, now } = slowSession(30)
  assert.equal(warmUp(session, { now, longestUs: 20_000 }).cost?.rowUs, 30_000)
  assert.deepEqual(runs, [1, 1])
  const short = slowSession(0.01)
  assert.equal(warmUp(short.session, { now: short.now, longestUs: 20_000 }).unbatchable, undefined)
  assert.ok(short.runs.length > 10)
})

test('what else the machine does during some of the runs does not count', () => {
  const { session, now } = slowSession(0.01)
  let [calls, lostMs] = [0, 0]
  // The clock is read before and after each run: every other run lasts 3 ms longer.
  const interrupted = (): number => {
    if (++calls % 4 === 0) lostMs += 3
    return now() + lostMs
  }
  const { cost } = warmUp(session, { now: interrupted, longestUs: 20_000 })
  assert.ok(Math.abs(cost!.rowUs - 10) < 1, `${cost!.rowUs} µs`)
})

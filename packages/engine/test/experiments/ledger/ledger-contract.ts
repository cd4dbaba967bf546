import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import type {
  ArmTally,
  ExperimentLedger,
  Ledger,
  MetricTally,
  Outcome,
  ServedRequest
} from '../../../src/experiments/ledger/ledger.ts'

/** A clock that is set by hand, in milliseconds since 1970. */
export interface HandClock {
  time: number
  now: () => number
}

export function handClock(): HandClock {
  const clock = { time: 1_800_000_000_000, now: () => clock.time }
  return clock
}

/** Opens a ledger that ends with the test. */
export type OpenForTest = (
  context: TestContext,
  options: { now: () => number; units?: number; outcomeIds?: number; requests?: { ttlMs?: number; limit?: number } }
) => Promise<Ledger>

export const metrics = new Map([
  ['bought', 'conversion'],
  ['spent', 'mean'],
  ['rating', 'ratio'],
  ['right', 'accuracy'],
  ['off', 'error']
])

export function served(arm: number, unit: string, more: Partial<ServedRequest> = {}): ServedRequest {
  const usual = { isGiven: true, isOverride: false, prediction: undefined, durationMs: 1, isCached: false }
  return { arm, unit, requestId: unit, ...usual, isFallback: false, ...more }
}

export function told(metric: string, value: Outcome['value'], id: string, of: Partial<Outcome>): Outcome {
  return { experiment: undefined, unit: undefined, requestId: undefined, metric, value, id, ...of }
}

interface Begun {
  clock: HandClock
  ledger: Ledger
  experiment: ExperimentLedger
}

function armTally(experiment: ExperimentLedger, index: number): ArmTally {
  return experiment.tally().arms[index]!
}

function sumsOf(experiment: ExperimentLedger, index: number, of: string): MetricTally {
  return armTally(experiment, index).metrics.get(of)!
}

function beginWith(open: OpenForTest) {
  return async (t: TestContext, options: Partial<Parameters<OpenForTest>[1]> = {}): Promise<Begun> => {
    const clock = handClock()
    const ledger = await open(t, { now: clock.now, ...options })
    return { clock, ledger, experiment: ledger.experiment('e', { arms: 2, metrics }) }
  }
}

/** What every ledger must do. */
export function ledgerContract(name: string, open: OpenForTest): void {
  describe(`a ledger ${name}`, () => {
    const begin = beginWith(open)

    test('counts a unit once, and every request', async t => {
      const { experiment } = await begin(t)
      for (const unit of ['a', 'b', 'a', 'a']) experiment.served(served(1, unit))
      experiment.served(served(0, 'c', { isCached: true }))
      assert.equal(experiment.armOf('a'), 1)
      assert.equal(experiment.armOf('nobody'), undefined)
      const { units, givenUnits, requests, cached } = armTally(experiment, 1)
      assert.deepEqual({ units, givenUnits, requests, cached }, { units: 2, givenUnits: 2, requests: 4, cached: 0 })
      assert.equal(armTally(experiment, 0).cached, 1)
      assert.equal(armTally(experiment, 0).requests, 1)
    })

    test('counts a unit that cannot come back, and knows it no more', async t => {
      const { experiment } = await begin(t)
      experiment.served(served(0, 'made-1', { isGiven: false }))
      experiment.served(served(0, 'made-2', { isGiven: false }))
      assert.equal(armTally(experiment, 0).units, 2)
      assert.equal(armTally(experiment, 0).givenUnits, 0)
      assert.equal(experiment.armOf('made-1'), undefined)
    })

    test('does not count a unit that was overridden', async t => {
      const { experiment } = await begin(t)
      experiment.served(served(1, 'tester', { isOverride: true }))
      assert.equal(armTally(experiment, 1).units, 0)
      assert.equal(armTally(experiment, 1).requests, 1)
      assert.equal(experiment.armOf('tester'), undefined)
    })

    test('keeps a unit with the arm that it came to first, and says that it crossed', async t => {
      const { experiment, clock } = await begin(t)
      experiment.served(served(1, 'a'))
      clock.time += 10
      experiment.served(served(0, 'a'))
      experiment.served(served(0, 'a'))
      assert.equal(experiment.tally().crossed, 1)
      assert.equal(experiment.armOf('a'), 1)
      assert.deepEqual([armTally(experiment, 0).units, armTally(experiment, 1).units], [0, 1])
    })

    test('counts failures and fallbacks apart from answers', async t => {
      const { experiment } = await begin(t)
      experiment.failed(1, 5)
      experiment.served(served(1, 'a', { isFallback: true }))
      experiment.failed(1, 5)
      const { units, requests, failures, fallbacks, latency } = armTally(experiment, 1)
      assert.deepEqual({ units, requests, failures, fallbacks }, { units: 1, requests: 0, failures: 2, fallbacks: 1 })
      assert.equal(latency.count, 0)
    })

    test('sums latencies of what was run', async t => {
      const { experiment } = await begin(t)
      for (const durationMs of [1, 4]) experiment.served(served(0, 'a', { durationMs }))
      experiment.served(served(0, 'a', { durationMs: 0.001, isCached: true }))
      const { latency } = armTally(experiment, 0)
      assert.equal(latency.count, 2)
      assert.equal(latency.sumMs, 5)
      assert.ok(Math.abs(latency.sumLog - Math.log(4)) < 1e-12)
      assert.ok(Math.abs(latency.sumLogSquares - Math.log(4) ** 2) < 1e-12)
      // Bounds are 2^(i/4 - 5): 1 ms is the 21st, 4 ms the 29th.
      assert.equal(latency.histogram[20], 1)
      assert.equal(latency.histogram[28], 1)
    })

    test('a unit converts once, however often it does', async t => {
      const { experiment, ledger } = await begin(t)
      for (const unit of ['a', 'b', 'c']) experiment.served(served(0, unit))
      const receipts = await ledger.outcome(told('bought', 1, '1', { unit: 'a' }))
      assert.deepEqual(receipts, [{ experiment: 'e', arm: 0, isRepeat: false, value: 1 }])
      await ledger.outcome(told('bought', 1, '2', { unit: 'a' }))
      await ledger.outcome(told('bought', 0, '3', { unit: 'b' }))
      const { units, count, sum, sumSquares, countSquares, products } = sumsOf(experiment, 0, 'bought')
      assert.deepEqual(
        { units, count, sum, sumSquares, countSquares, products },
        { units: 2, count: 3, sum: 1, sumSquares: 1, countSquares: 5, products: 2 }
      )
    })

    test('sums over units, with the squares of what each has in all', async t => {
      const { experiment, ledger } = await begin(t)
      for (const unit of ['a', 'b']) experiment.served(served(1, unit))
      const values = [
        ['a', 2],
        ['a', 3],
        ['b', -1]
      ] as const
      for (const [index, [unit, value]] of values.entries()) {
        await ledger.outcome(told('spent', value, String(index), { unit }))
      }
      // Of a: sum 5 of 2; of b: sum -1 of 1.
      const spent = sumsOf(experiment, 1, 'spent')
      assert.deepEqual(spent, { units: 2, count: 3, sum: 4, sumSquares: 26, countSquares: 5, products: 9 })
    })

    test('an outcome counts once by its id, and another under the same id is refused', async t => {
      const { experiment, ledger } = await begin(t)
      experiment.served(served(0, 'a'))
      await ledger.outcome(told('spent', 2, 'x', { unit: 'a' }))
      const again = await ledger.outcome(told('spent', 2, 'x', { unit: 'a' }))
      assert.deepEqual(again, [{ experiment: 'e', arm: 0, isRepeat: true, value: 2 }])
      await assert.rejects(ledger.outcome(told('spent', 3, 'x', { unit: 'a' })), { code: 'MILL_ID_CONFLICT' })
      experiment.served(served(0, 'b'))
      await assert.rejects(ledger.outcome(told('spent', 2, 'x', { unit: 'b' })), { code: 'MILL_ID_CONFLICT' })
      await ledger.outcome(told('rating', 3, 'x', { unit: 'a' }))
      assert.equal(sumsOf(experiment, 0, 'spent').sum, 2)
      assert.equal(sumsOf(experiment, 0, 'rating').sum, 3)
      assert.equal(experiment.tally().repeatedOutcomes, 1)
    })

    test('of outcomes that come at the same time under one id one counts', async t => {
      const { experiment, ledger } = await begin(t)
      experiment.served(served(0, 'a'))
      const outcome = told('spent', 2, 'x', { unit: 'a' })
      const receipts = await Promise.all([ledger.outcome(outcome), ledger.outcome(outcome), ledger.outcome(outcome)])
      assert.deepEqual(
        receipts.map(([receipt]) => receipt?.isRepeat),
        [false, true, true]
      )
      assert.equal(sumsOf(experiment, 0, 'spent').sum, 2)
    })

    test('an outcome of a request counts for its unit', async t => {
      const { experiment, ledger } = await begin(t)
      experiment.served(served(0, 'a', { requestId: 'r1' }))
      experiment.served(served(1, 'made', { requestId: 'r2', isGiven: false }))
      await ledger.outcome(told('spent', 2, '1', { requestId: 'r1' }))
      await ledger.outcome(told('spent', 4, '2', { requestId: 'r2' }))
      await ledger.outcome(told('spent', 3, '3', { unit: 'a' }))
      assert.deepEqual(sumsOf(experiment, 0, 'spent').sumSquares, 25)
      assert.deepEqual(sumsOf(experiment, 1, 'spent').sum, 4)
    })

    test('labels are compared with the prediction of the request', async t => {
      const { experiment, ledger } = await begin(t)
      const predictions = { a: 1, b: 'cat', c: '2.0', d: 5 }
      for (const [id, prediction] of Object.entries(predictions)) experiment.served(served(0, id, { prediction }))
      const labels = { a: 1, b: 'dog', c: 2, d: 7 }
      for (const [id, label] of Object.entries(labels)) {
        await ledger.outcome(told('right', { label }, id, { requestId: id }))
        await ledger.outcome(told('off', { label }, id, { requestId: id }))
      }
      const { count, sum } = sumsOf(experiment, 0, 'right')
      assert.deepEqual({ count, sum }, { count: 4, sum: 2 })
      // |1 - 1| + |2 - 2| + |5 - 7|; of a text no difference can be said.
      const off = sumsOf(experiment, 0, 'off')
      assert.deepEqual({ count: off.count, sum: off.sum }, { count: 3, sum: 2 })
    })

    test('a label of a request whose experiment makes nothing of it is of no use to others, and does not wait', async t => {
      const { experiment, ledger } = await begin(t)
      const other = ledger.experiment('other', { arms: 2, metrics: new Map([['right', 'accuracy']]) })
      other.served(served(0, 'a', { requestId: 'r1', prediction: 1 }))
      assert.deepEqual(await ledger.outcome(told('off', { label: 2 }, '1', { requestId: 'r1' })), [])
      assert.equal((await ledger.outcome(told('right', { label: 2 }, '1', { requestId: 'r1' }))).length, 1)
      assert.deepEqual(await ledger.outcome(told('off', { label: 2 }, '2', { requestId: 'unheard-of' })), [])
      assert.equal(experiment.tally().unknownOutcomes, 1)
    })

    test('an outcome that is told a moment before its unit is heard of waits for it', async t => {
      const { experiment, ledger, clock } = await begin(t)
      assert.deepEqual(await ledger.outcome(told('spent', 2, '1', { unit: 'a' })), [])
      assert.deepEqual(await ledger.outcome(told('spent', 2, '1', { unit: 'a' })), [])
      await assert.rejects(ledger.outcome(told('spent', 3, '1', { unit: 'a' })), { code: 'MILL_ID_CONFLICT' })
      assert.equal(experiment.tally().unknownOutcomes, 1)
      experiment.served(served(1, 'a'))
      assert.equal(experiment.tally().unknownOutcomes, 0)
      assert.equal(sumsOf(experiment, 1, 'spent').sum, 2)
      await ledger.outcome(told('spent', 4, '2', { unit: 'b' }))
      clock.time += 60_000
      // What was told a minute before it came is not what came of it.
      experiment.served(served(1, 'b'))
      assert.equal(sumsOf(experiment, 1, 'spent').sum, 2)
      assert.equal(experiment.tally().unknownOutcomes, 1)
    })

    test('an outcome counts in every experiment that knows the unit, or in the one that is named', async t => {
      const { experiment, ledger } = await begin(t)
      const other = ledger.experiment('other', { arms: 3, metrics: new Map([['spent', 'mean']]) })
      experiment.served(served(0, 'a'))
      other.served(served(2, 'a'))
      const receipts = await ledger.outcome(told('spent', 2, '1', { unit: 'a' }))
      assert.deepEqual(
        receipts.toSorted((a, b) => a.arm - b.arm),
        [
          { experiment: 'e', arm: 0, isRepeat: false, value: 2 },
          { experiment: 'other', arm: 2, isRepeat: false, value: 2 }
        ]
      )
      await ledger.outcome(told('spent', 3, '2', { unit: 'a', experiment: 'other' }))
      assert.equal(sumsOf(experiment, 0, 'spent').sum, 2)
      assert.equal(sumsOf(other, 2, 'spent').sum, 5)
      assert.deepEqual(await ledger.outcome(told('spent', 3, '2', { unit: 'a', experiment: 'unheard-of' })), [])
      assert.deepEqual(await ledger.outcome(told('unheard-of', 3, '2', { unit: 'a' })), [])
    })

    test('remembers as many units as it may, and says how often others came', async t => {
      const { experiment } = await begin(t, { units: 2 })
      for (const unit of ['a', 'b', 'c', 'a', 'c']) experiment.served(served(0, unit))
      assert.equal(armTally(experiment, 0).units, 2)
      assert.equal(experiment.tally().forgotten, 2)
      assert.equal(armTally(experiment, 0).requests, 5)
    })

    test('arms and metrics may be added', async t => {
      const { experiment, ledger } = await begin(t)
      experiment.served(served(0, 'a'))
      await ledger.outcome(told('spent', 2, '1', { unit: 'a' }))
      const larger = ledger.experiment('e', { arms: 3, metrics: new Map([...metrics, ['clicks', 'mean']]) })
      larger.served(served(2, 'b'))
      await ledger.outcome(told('clicks', 1, '1', { unit: 'b' }))
      assert.deepEqual(
        larger.tally().arms.map(({ units }) => units),
        [1, 0, 1]
      )
      assert.equal(sumsOf(experiment, 0, 'spent').sum, 2)
      assert.equal(sumsOf(larger, 2, 'clicks').sum, 1)
    })

    test('forgets an experiment, and may begin it again', async t => {
      const { experiment, ledger, clock } = await begin(t)
      experiment.served(served(0, 'a'))
      await ledger.outcome(told('spent', 2, '1', { unit: 'a' }))
      await ledger.forget('e')
      clock.time += 1
      const again = ledger.experiment('e', { arms: 2, metrics })
      assert.deepEqual([armTally(again, 0).units, armTally(again, 0).requests, again.armOf('a')], [0, 0, undefined])
      again.served(served(1, 'a'))
      assert.equal(sumsOf(again, 0, 'spent').sum, 0)
      assert.equal(armTally(again, 1).units, 1)
    })

    test('requests are remembered for a time', async t => {
      const { experiment, ledger, clock } = await begin(t, { requests: { ttlMs: 60_000 } })
      experiment.served(served(0, 'a', { prediction: 1 }))
      clock.time += 120_000
      assert.deepEqual(await ledger.outcome(told('right', { label: 1 }, '1', { requestId: 'a' })), [])
      assert.equal(experiment.tally().unknownOutcomes, 1)
    })

    test('tells of outcomes that came', async t => {
      const { experiment, ledger } = await begin(t)
      experiment.served(served(0, 'a'))
      const heard = Promise.withResolvers<void>()
      const stop = ledger.onChange(heard.resolve)
      await ledger.outcome(told('spent', 2, '1', { unit: 'a' }))
      await heard.promise
      stop()
    })
  })
}

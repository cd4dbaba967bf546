import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Mae, Mape, Mse, Rmse, Smape } from '../src/mean-errors.ts'
import { R2 } from '../src/r2.ts'
import { Rolling } from '../src/rolling.ts'
import { encodeState } from '../src/state.ts'
import { assertNear, counted, metricContract, type Pair, pairLists } from './metric-contract.ts'

const kinds = [
  () => new Mae(),
  () => new Mse(),
  () => new Rmse(),
  () => new Mape(),
  () => new Mape({ skipZeros: true }),
  () => new Smape(),
  () => new R2()
]

for (const [index, make] of kinds.entries()) {
  const name = `${make().constructor.name} (${index})`
  metricContract(`Rolling ${name}`, () => new Rolling(make(), 3))

  test(`Rolling ${name}: is the metric over the last pairs alone`, () => {
    fc.assert(
      fc.property(pairLists, fc.integer({ min: 1, max: 12 }), (pairs, window) => {
        const rolling = new Rolling(make(), window)
        for (const [row, pair] of pairs.entries()) {
          counted(rolling, [pair])
          const expected = counted(make(), pairs.slice(Math.max(0, row + 1 - window), row + 1))
          assertNear(rolling.value, expected.value)
          assert.equal(rolling.count, expected.count)
        }
      })
    )
  })
}

test('the pairs count that came last', () => {
  const rolling = counted(new Rolling(new Mae(), 2), [
    [0, 9],
    [0, 1],
    [0, 2]
  ])
  assert.equal(rolling.value, 1.5)
  assert.equal(rolling.count, 2)
})

test('an enormous error leaves no rounding behind once it is out of the window', () => {
  const rolling = counted(new Rolling(new Mse(), 3), [
    [0, 1],
    [1e150, 0],
    [0, 1],
    [0, 2],
    [0, 3]
  ])
  assertNear(rolling.value, (1 + 4 + 9) / 3)
})

test('does not drift over a long stream', () => {
  const pairs = Array.from({ length: 100_000 }, (_, row): Pair => [1e6 * Math.sin(row), 1e-6 * row])
  const rolling = counted(new Rolling(new R2(), 100), pairs)
  const { value } = counted(new R2(), pairs.slice(-100))
  assert.ok(Math.abs(rolling.value - value) <= 1e-12)
})

test('refuses a window that is no count, and a metric that has counted', () => {
  for (const window of [0, 1.5, NaN, -1]) {
    assert.throws(() => new Rolling(new Mae(), window), { code: 'MILL_OPTION_INVALID' })
  }
  assert.throws(() => new Rolling(counted(new Mae(), [[1, 2]]), 3), { code: 'MILL_OPTION_INVALID' })
})

test('refuses a state that cannot be', () => {
  const state = {
    window: 2,
    metric: new Mse().toState(),
    older: 1,
    actuals: Float64Array.of(1, 2),
    predictions: Float64Array.of(1, 1)
  }
  Rolling.fromState(encodeState('Rolling', 1, state))
  const refused = [
    { window: 1 },
    { window: 0 },
    { metric: new Uint8Array(3) },
    { metric: counted(new Mse(), [[1, 1]]).toState() },
    { older: 3 },
    { predictions: Float64Array.of(1) },
    { predictions: Float64Array.of(1, NaN) },
    { predictions: Float64Array.of(1, 1e200) }
  ]
  for (const change of refused) {
    const bytes = encodeState('Rolling', 1, { ...state, ...change })
    assert.throws(() => Rolling.fromState(bytes), { code: 'MILL_STATE_INVALID' }, JSON.stringify(change))
  }
})

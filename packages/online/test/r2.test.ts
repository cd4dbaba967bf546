import assert from 'node:assert/strict'
import { test } from 'node:test'
import { R2 } from '../src/r2.ts'
import { encodeState } from '../src/state.ts'
import { assertNear, counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('R2', () => new R2())

test('is 1 minus squared errors over squared deviations from the mean', () => {
  // Mean 2.875; deviations 0.015625 + 11.390625 + 0.765625 + 17.015625 = 29.1875; errors 1.5.
  const metric = counted(new R2(), [
    [3, 2.5],
    [-0.5, 0],
    [2, 2],
    [7, 8]
  ])
  assertNear(metric.value, 1 - 1.5 / 29.1875)
})

test('is 1 for perfect predictions and 0 for always predicting the mean', () => {
  assert.equal(
    counted(new R2(), [
      [1, 1],
      [3, 3]
    ]).value,
    1
  )
  assert.equal(
    counted(new R2(), [
      [1, 2],
      [3, 2]
    ]).value,
    0
  )
})

test('is 0 with one row, and while all actuals are the same', () => {
  assert.equal(counted(new R2(), [[5, 9]]).value, 0)
  assert.equal(
    counted(new R2(), [
      [5, 9],
      [5, 3]
    ]).value,
    0
  )
})

test('is exact for actuals far from 0', () => {
  const shift = 2 ** 40
  assert.equal(
    counted(new R2(), [
      [shift, shift + 1],
      [shift + 2, shift + 1],
      [shift + 4, shift + 4]
    ]).value,
    0.75
  )
})

test('refuses sums beyond a double, without a trace', () => {
  const metric = counted(new R2(), [
    [1, 1],
    [2, 2]
  ])
  const before = metric.toState()
  for (const [y, prediction] of [
    [0, 1e155],
    [1e155, 1e155]
  ] as const) {
    assert.throws(() => metric.update(y, prediction), { code: 'MILL_VALUE_NOT_FINITE' })
  }
  assert.deepEqual(metric.toState(), before)
})

test('stays a number where the quotient is beyond a double', () => {
  assert.equal(
    counted(new R2(), [
      [1e-160, 0],
      [0, 0],
      [0, 1e150]
    ]).value,
    -Number.MAX_VALUE
  )
})

test('refuses a state with a negative sum of squares', () => {
  const state = { count: 2, mean: 0, deviations: 1, errors: 1 }
  R2.fromState(encodeState('R2', 1, state))
  for (const change of [{ deviations: -1 }, { errors: -1 }, { mean: NaN }, { count: 0.5 }]) {
    assert.throws(() => R2.fromState(encodeState('R2', 1, { ...state, ...change })), { code: 'MILL_STATE_INVALID' })
  }
})

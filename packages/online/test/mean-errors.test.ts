import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mae, Mape, Mse, Rmse, Smape } from '../src/mean-errors.ts'
import { metricFromState } from '../src/metric-from-state.ts'
import { encodeState } from '../src/state.ts'
import { counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('Mae', () => new Mae())

test('Mae: is the mean of the magnitudes of the errors', () => {
  const metric = counted(new Mae(), [
    [3, 2.5],
    [-0.5, 0],
    [2, 2],
    [7, 8]
  ])
  assert.equal(metric.value, 0.5) // (0.5 + 0.5 + 0 + 1) / 4
  assert.equal(metric.count, 4)
})

test('Mae: counts an error near the largest double', () => {
  assert.equal(
    counted(new Mae(), [
      [1e308, 0],
      [-1e308, 0],
      [1e308, 0]
    ]).value,
    1e308
  )
})

lifetimeMetricContract('Mape', () => new Mape())
lifetimeMetricContract('Mape without zeros', () => new Mape({ skipZeros: true }))

test('Mape: is the mean error as a percentage of the actual', () => {
  assert.equal(
    counted(new Mape(), [
      [4, 3],
      [-2, -3],
      [1, 1]
    ]).value,
    25
  ) // (25 + 50 + 0) / 3
})

test('Mape: a row whose actual is 0 counts as a row without error', () => {
  const metric = counted(new Mape(), [
    [4, 3],
    [0, 9]
  ])
  assert.equal(metric.value, 12.5)
  assert.equal(metric.count, 2)
})

test('Mape: leaves out the rows whose actual is 0 when asked to', () => {
  const metric = counted(new Mape({ skipZeros: true }), [
    [0, 9],
    [4, 3],
    [-0, 1]
  ])
  assert.equal(metric.value, 25)
  assert.equal(metric.count, 1)
  assert.equal(counted(new Mape({ skipZeros: true }), [[0, 9]]).value, 0)
})

test('Mape: refuses a percentage beyond a double', () => {
  const metric = counted(new Mape(), [[4, 3]])
  assert.throws(() => metric.update(1e-300, 1e10), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.throws(() => metric.update(1e-300, 1e7), { code: 'MILL_VALUE_NOT_FINITE' }) // The quotient is 1e307.
  assert.equal(metric.value, 25)
})

lifetimeMetricContract('Mse', () => new Mse())

test('Mse: is the mean of the squared errors', () => {
  assert.equal(
    counted(new Mse(), [
      [3, 2.5],
      [-0.5, 0],
      [2, 2],
      [7, 8]
    ]).value,
    0.375
  ) // (0.25 + 0.25 + 0 + 1) / 4
})

test('Mse: refuses an error whose square is beyond a double', () => {
  const metric = counted(new Mse(), [[1, 3]])
  assert.throws(() => metric.update(1e155, 0), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.equal(metric.value, 4)
})

lifetimeMetricContract('Rmse', () => new Rmse())

test('Rmse: is the root of the mean squared error', () => {
  assert.equal(
    counted(new Rmse(), [
      [3, 0],
      [4, 8]
    ]).value,
    Math.sqrt(12.5)
  ) // (9 + 16) / 2
})

test('Rmse: refuses an error whose square is beyond a double', () => {
  const metric = counted(new Rmse(), [[1, 3]])
  assert.throws(() => metric.update(1e155, 0), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.equal(metric.value, 2)
})

lifetimeMetricContract('Smape', () => new Smape())

test('Smape: is the mean error as a percentage of the mean magnitude of actual and prediction', () => {
  assert.equal(
    counted(new Smape(), [
      [3, 1],
      [2, 2]
    ]).value,
    50
  ) // 2 · 2 / 4 and 0
})

test('Smape: is 200 where signs differ, and 0 where both are 0', () => {
  assert.equal(counted(new Smape(), [[-3, 1]]).value, 200)
  assert.equal(counted(new Smape(), [[0, 5]]).value, 200)
  assert.equal(counted(new Smape(), [[0, 0]]).value, 0)
})

test('Smape: is right for the smallest numbers', () => {
  assert.equal(counted(new Smape(), [[5e-324, 0]]).value, 200)
})

test('the fields of their states stay as they are', () => {
  const states = [
    { kind: 'Mae', fields: {}, value: 4 },
    { kind: 'Mse', fields: {}, value: 4 },
    { kind: 'Rmse', fields: {}, value: 2 },
    { kind: 'Mape', fields: { skipZeros: false }, value: 400 },
    { kind: 'Mape', fields: { skipZeros: true }, value: 400 },
    { kind: 'Smape', fields: {}, value: 400 }
  ]
  for (const { kind, fields, value } of states) {
    const bytes = encodeState(kind, 1, { ...fields, count: 3, mean: 4 })
    const restored = metricFromState(bytes)
    assert.deepEqual([restored.value, restored.count], [value, 3])
    assert.deepEqual(restored.toState(), bytes)
  }
})

test('a metric does not take in what another class has counted', () => {
  const mse = counted(new Mse(), [[1, 3]])
  assert.throws(() => mse.merge(counted(new Rmse(), [[1, 5]])), TypeError)
  assert.equal(mse.value, 4)
})

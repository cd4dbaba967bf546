import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mape } from '../src/mape.ts'
import { counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('Mape', () => new Mape())
lifetimeMetricContract('Mape without zeros', () => new Mape({ skipZeros: true }))

test('is the mean error as a percentage of the actual', () => {
  assert.equal(
    counted(new Mape(), [
      [4, 3],
      [-2, -3],
      [1, 1]
    ]).value,
    25
  ) // (25 + 50 + 0) / 3
})

test('a row whose actual is 0 counts as a row without error', () => {
  const metric = counted(new Mape(), [
    [4, 3],
    [0, 9]
  ])
  assert.equal(metric.value, 12.5)
  assert.equal(metric.count, 2)
})

test('leaves out the rows whose actual is 0 when asked to', () => {
  const metric = counted(new Mape({ skipZeros: true }), [
    [0, 9],
    [4, 3],
    [-0, 1]
  ])
  assert.equal(metric.value, 25)
  assert.equal(metric.count, 1)
  assert.equal(counted(new Mape({ skipZeros: true }), [[0, 9]]).value, 0)
})

test('refuses a percentage beyond a double', () => {
  const metric = counted(new Mape(), [[4, 3]])
  assert.throws(() => metric.update(1e-300, 1e10), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.throws(() => metric.update(1e-300, 1e7), { code: 'MILL_VALUE_NOT_FINITE' }) // The quotient is 1e307.
  assert.equal(metric.value, 25)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mse } from '../src/mse.ts'
import { counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('Mse', () => new Mse())

test('is the mean of the squared errors', () => {
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

test('refuses an error whose square is beyond a double', () => {
  const metric = counted(new Mse(), [[1, 3]])
  assert.throws(() => metric.update(1e155, 0), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.equal(metric.value, 4)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rmse } from '../src/rmse.ts'
import { counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('Rmse', () => new Rmse())

test('is the root of the mean squared error', () => {
  assert.equal(
    counted(new Rmse(), [
      [3, 0],
      [4, 8]
    ]).value,
    Math.sqrt(12.5)
  ) // (9 + 16) / 2
})

test('refuses an error whose square is beyond a double', () => {
  const metric = counted(new Rmse(), [[1, 3]])
  assert.throws(() => metric.update(1e155, 0), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.equal(metric.value, 2)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Mae } from '../src/mae.ts'
import { counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('Mae', () => new Mae())

test('is the mean of the magnitudes of the errors', () => {
  const metric = counted(new Mae(), [
    [3, 2.5],
    [-0.5, 0],
    [2, 2],
    [7, 8]
  ])
  assert.equal(metric.value, 0.5) // (0.5 + 0.5 + 0 + 1) / 4
  assert.equal(metric.count, 4)
})

test('counts an error near the largest double', () => {
  assert.equal(
    counted(new Mae(), [
      [1e308, 0],
      [-1e308, 0],
      [1e308, 0]
    ]).value,
    1e308
  )
})

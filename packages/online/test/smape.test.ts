import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Smape } from '../src/smape.ts'
import { counted, lifetimeMetricContract } from './metric-contract.ts'

lifetimeMetricContract('Smape', () => new Smape())

test('is the mean error as a percentage of the mean magnitude of actual and prediction', () => {
  assert.equal(
    counted(new Smape(), [
      [3, 1],
      [2, 2]
    ]).value,
    50
  ) // 2 · 2 / 4 and 0
})

test('is 200 where signs differ, and 0 where both are 0', () => {
  assert.equal(counted(new Smape(), [[-3, 1]]).value, 200)
  assert.equal(counted(new Smape(), [[0, 5]]).value, 200)
  assert.equal(counted(new Smape(), [[0, 0]]).value, 0)
})

test('is right for the smallest numbers', () => {
  assert.equal(counted(new Smape(), [[5e-324, 0]]).value, 200)
})

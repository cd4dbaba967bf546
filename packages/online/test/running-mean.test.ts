import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunningMean } from '../src/running-mean.ts'
import { decodeState, encodeState } from '../src/state.ts'

function mean(...values: number[]): RunningMean {
  const result = new RunningMean()
  for (const value of values) result.add(value)
  return result
}

test('is the mean of the numbers added', () => {
  assert.equal(mean().value, 0)
  assert.equal(mean(1, 2, 6).value, 3)
  assert.equal(mean(1, 2, 6).count, 3)
})

test('a sum beyond a double does no harm', () => {
  assert.equal(mean(1.5e308, 1.5e308).value, 1.5e308)
})

test('merging is adding the numbers of both', () => {
  const merged = mean(1, 3)
  merged.merge(mean(8))
  assert.deepEqual([merged.value, merged.count], [4, 3])
  merged.merge(mean())
  assert.deepEqual([merged.value, merged.count], [4, 3])
})

test('refuses fields that no mean of errors has', () => {
  assert.equal(restore({ count: 2, mean: 1.5 }).value, 1.5)
  for (const fields of [
    { count: 0, mean: 1 },
    { count: 2, mean: -1 },
    { count: -1, mean: 1 },
    { count: 1, mean: NaN }
  ]) {
    assert.throws(() => restore(fields), { code: 'MILL_STATE_INVALID' })
  }
})

function restore(fields: { count: number; mean: number }): RunningMean {
  return RunningMean.ofErrors(decodeState(encodeState('Test', 1, fields)))
}

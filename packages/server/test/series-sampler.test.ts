import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeriesSampler } from '../src/terminal/series-sampler.ts'

function sampled(values: readonly (number | undefined)[], capacity: number, points: number): (number | undefined)[] {
  const sampler = new SeriesSampler(capacity)
  for (const value of values) sampler.add(value)
  return sampler.points(points)
}

test('a short series comes back as it is', () => {
  assert.deepEqual(sampled([3, 1, undefined, 2], 8, 10), [3, 1, undefined, 2])
})

test('points are means of neighbours', () => {
  assert.deepEqual(sampled([1, 3, 5, 7], 8, 2), [2, 6])
})

test('a full sampler joins neighbours and goes on', () => {
  // Capacity 4: the 5th value makes pairs, the 9th fours: (1+2+3+4)/4, (5+6+7+8)/4, 9.
  assert.deepEqual(sampled([1, 2, 3, 4, 5], 4, 4), [1.5, 3.5, 5])
  assert.deepEqual(sampled([1, 2, 3, 4, 5, 6, 7, 8, 9], 4, 4), [2.5, 6.5, 9])
})

test('a gap narrower than a point disappears in the mean of the others', () => {
  assert.deepEqual(sampled([undefined, 4, undefined, undefined], 4, 2), [4, undefined])
})

test('nothing gives no points', () => {
  assert.deepEqual(sampled([], 4, 10), [])
})

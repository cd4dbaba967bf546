import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimeOfDay } from '../../src/experiments/time-of-day.ts'

test('moments have their time of day, and a clock that is set is followed within a tenth of a second', () => {
  let wall = 1_800_000_000_000
  let reads = 0
  const time = new TimeOfDay(() => {
    reads++
    return wall
  })
  assert.equal(time.of(5000.25), wall)
  for (let ms = 1; ms < 100; ms++) assert.equal(time.of(5000.25 + ms), 1_800_000_000_000 + ms)
  assert.equal(reads, 1)
  wall += 3_600_100
  assert.equal(time.of(5099.5), 1_800_000_000_099)
  assert.equal(time.of(5100.25), wall)
  wall -= 7_200_000
  assert.equal(time.of(5250), wall)
  assert.equal(reads, 3)
})

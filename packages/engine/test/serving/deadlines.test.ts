import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Awaited, Deadlines } from '../../src/serving/deadlines.ts'

/** A clock, and the one timer that is set. */
function fakeTime() {
  const time = { now: 0, at: Infinity, run: (): void => undefined }
  const deadlines = new Deadlines(
    () => time.now,
    (ms, run) => {
      Object.assign(time, { at: time.now + ms, run })
      return () => Object.assign(time, { at: Infinity })
    }
  )
  const wait = (): void => {
    time.now = time.at
    time.at = Infinity
    time.run()
  }
  return { time, deadlines, wait }
}

test('each of many expires at its own moment, except those that were taken out', () => {
  const { time, deadlines, wait } = fakeTime()
  const expired: number[] = []
  const add = (deadline: number): Awaited => {
    const awaited: Awaited = { deadline, place: undefined, expire: () => expired.push(deadline) }
    deadlines.add(awaited)
    return awaited
  }
  const [first, second] = [add(30), add(10)]
  deadlines.delete(first)
  deadlines.delete(first)
  add(20)
  add(40)
  wait()
  assert.deepEqual([time.now, expired], [10, [10]])
  deadlines.delete(second)
  add(15)
  add(50)
  wait()
  assert.deepEqual([time.now, expired], [15, [10, 15]])
  while (time.at < Infinity) wait()
  assert.deepEqual(expired, [10, 15, 20, 40, 50])
})

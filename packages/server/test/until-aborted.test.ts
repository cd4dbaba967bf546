import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unlessAborted, untilAborted } from '../src/cli/until-aborted.ts'

async function* two() {
  yield 1
  yield 2
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const value of values) list.push(value)
  return list
}

/** Gives one value and then keeps everybody waiting, even who wants to close it. */
async function* silentAfterOne() {
  yield 1
  await new Promise(() => undefined)
}

test('without an abort everything comes through, errors too', async () => {
  const { signal } = new AbortController()
  assert.deepEqual(await all(untilAborted(two(), signal)), [1, 2])
  async function* broken() {
    yield* two()
    throw new Error('disk')
  }
  await assert.rejects(all(untilAborted(broken(), signal)), { message: 'disk' })
})

test('an abort ends the waiting for a value that never comes', async () => {
  const stop = new AbortController()
  const seen: number[] = []
  for await (const value of untilAborted(silentAfterOne(), stop.signal)) {
    seen.push(value)
    queueMicrotask(() => stop.abort())
  }
  assert.deepEqual(seen, [1])
})

test('who leaves early closes the source', async () => {
  let isClosed = false
  async function* watched() {
    try {
      yield* two()
    } finally {
      isClosed = true
    }
  }
  for await (const value of untilAborted(watched(), new AbortController().signal)) if (value === 1) break
  assert.equal(isClosed, true)
})

test('work is not waited for after an abort', async () => {
  const stop = new AbortController()
  assert.equal(await unlessAborted(Promise.resolve(5), stop.signal), 5)
  const waiting = unlessAborted(new Promise(() => undefined), stop.signal)
  stop.abort()
  assert.equal(await waiting, undefined)
})

import assert from 'node:assert/strict'
import { rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { memoryCursorStore, openEmbeddedStore } from '@millrace/store'
import { createObservationStream } from '../src/ingestion/observation-stream.ts'

const observations = [
  { observationId: 1, input: '1949-01', target: 112 },
  { observationId: 2, input: '1949-02', target: 118 },
  { observationId: 3, input: '1949-03', target: 132 }
]

function streamOf(count: number, cursors = memoryCursorStore(), name = 'sample') {
  return createObservationStream({ observations: observations.slice(0, count), cursors, name })
}

/** The first observation of a stream of two, as it comes out in a round. */
function firstOf(round = 0) {
  return { observationId: 1, input: '1949-01', target: 112, remaining: 1, observationKey: `sample/${round}/0` }
}

test('hands out each observation once with what is left after it, then undefined for good', async () => {
  const stream = streamOf(2)
  assert.deepEqual(await stream.next(), firstOf())
  assert.deepEqual(await stream.next(), {
    observationId: 2,
    input: '1949-02',
    target: 118,
    remaining: 0,
    observationKey: 'sample/0/1'
  })
  assert.equal(await stream.next(), undefined)
  assert.equal(await stream.next(), undefined)
})

test('the status counts what was handed out and does not move the stream', async () => {
  const stream = streamOf(2)
  const start = { currentIndex: 0, totalObservations: 2, remaining: 2, completed: false }
  assert.deepEqual(await stream.status(), start)
  assert.deepEqual(await stream.status(), start)
  await stream.next()
  assert.deepEqual(await stream.status(), { currentIndex: 1, totalObservations: 2, remaining: 1, completed: false })
  await stream.next()
  const end = { currentIndex: 2, totalObservations: 2, remaining: 0, completed: true }
  assert.deepEqual(await stream.status(), end)
  await stream.next()
  assert.deepEqual(await stream.status(), end)
})

test('a reset starts again from the first observation', async () => {
  const stream = streamOf(2)
  for (let turn = 0; turn < 3; turn++) await stream.next()
  await stream.reset()
  assert.deepEqual(await stream.next(), firstOf(1))
})

test('an empty stream is completed from the start', async () => {
  const stream = streamOf(0)
  assert.equal(await stream.next(), undefined)
  assert.deepEqual(await stream.status(), { currentIndex: 0, totalObservations: 0, remaining: 0, completed: true })
})

test('a stream that became shorter than its position is completed, and goes on when it grows', async () => {
  const cursors = memoryCursorStore()
  const whole = streamOf(2, cursors)
  await whole.next()
  await whole.next()
  const shorter = streamOf(1, cursors)
  assert.equal(await shorter.next(), undefined)
  assert.deepEqual(await shorter.status(), { currentIndex: 1, totalObservations: 1, remaining: 0, completed: true })
  const grown = await streamOf(3, cursors).next()
  assert.deepEqual(grown, { ...observations[2], remaining: 0, observationKey: 'sample/0/2' })
})

test('a look at the next observation does not move the stream, a commit does, once', async () => {
  const stream = streamOf(2)
  assert.deepEqual(await stream.peek(), firstOf())
  assert.deepEqual(await stream.peek(), firstOf())
  assert.equal(await stream.commit(firstOf()), true)
  assert.equal(await stream.commit(firstOf()), false)
  const second = await stream.peek()
  assert.ok(second)
  assert.equal(second.observationKey, 'sample/0/1')
  assert.equal(await stream.commit(second), true)
  assert.equal(await stream.peek(), undefined)
  assert.equal((await stream.status()).completed, true)
})

test('a commit of an observation from before a reset does nothing', async () => {
  const stream = streamOf(2)
  const before = await stream.peek()
  assert.ok(before)
  await stream.reset()
  assert.equal(await stream.commit(before), false)
  assert.deepEqual(await stream.peek(), firstOf(1))
})

test('a commit is refused for what is no observation of this stream', async () => {
  const stream = streamOf(2)
  for (const observationKey of ['', 'sample', 'sample/0', 'sample/0/0/0', 'sample/0/-1', 'sample/00/0', 'other/0/0']) {
    const refusal = { code: 'MILL_OPTION_INVALID', message: /one of the stream sample\// }
    await assert.rejects(stream.commit({ observationId: 1, observationKey }), refusal, observationKey)
  }
  assert.deepEqual(await stream.peek(), firstOf())
})

test('a commit is refused when its id and its key are those of two observations', async () => {
  const stream = streamOf(2)
  const refusal = { code: 'MILL_OPTION_INVALID', message: 'observationId must be 1, as its key says, got 2' }
  await assert.rejects(stream.commit({ observationId: 2, observationKey: 'sample/0/0' }), refusal)
  assert.deepEqual(await stream.peek(), firstOf())
})

test('observations of two files have different keys, which fit into a header and show no folder', async () => {
  const names = ['/data/a/prices.csv', '/data/b/prices.csv', '/data/\u00E9\uD800 x.csv', `/data/${'x'.repeat(255)}`, '']
  const keys = await Promise.all(names.map(async name => (await streamOf(1, undefined, name).next())?.observationKey))
  assert.equal(new Set(keys).size, names.length)
  // sha256sum of the path as UTF-16LE begins with these 12 digits.
  assert.equal(keys[0], 'prices.csv-8769d32e4b7d/0/0')
  for (const key of keys) assert.match(key ?? '', /^[\w.-]{1,80}\/0\/0$/)
})

test('replicas that share the store hand out each observation once among them', async () => {
  const cursors = memoryCursorStore()
  const replicas = [streamOf(3, cursors), streamOf(3, cursors)]
  const handed = await Promise.all([...replicas, ...replicas].map(replica => replica.next()))
  assert.deepEqual(
    handed.map(observation => observation?.observationId),
    [1, 2, 3, undefined]
  )
})

test('the position and the keys survive a restart', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-stream-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const options = { folder, durability: 'os', idsRemembered: 1, pendingTtlMs: 1, pendingLimit: 1 } as const
  const first = await openEmbeddedStore(options)
  await streamOf(3, first.cursors).reset()
  await streamOf(3, first.cursors).next()
  await first.close()
  const second = await openEmbeddedStore(options)
  const next = await streamOf(3, second.cursors).next()
  await second.close()
  assert.equal(next?.observationId, 2)
  assert.equal(next.observationKey, 'sample/1/1')
})

test('the observations themselves are left as they are', async () => {
  const stream = streamOf(1)
  const handed = await stream.next()
  assert.ok(handed)
  handed.target = 0
  assert.equal(observations[0]?.target, 112)
})

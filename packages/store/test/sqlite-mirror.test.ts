import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import type { SeriesMirror } from '../src/index.ts'
import { embedded } from './embedded.ts'
import { memoryFolder } from './memory-folder.ts'

/** A push that Redis has answered, of a series of at most 3 values. */
function answered(value: number, earlier: number[], count: number) {
  return { seriesId: 's', value, keep: 3, earlier, isRepeat: false, count }
}

/** A push while Redis is away. */
function away(value: number, { seriesId = 's', keep = 3 } = {}) {
  return { seriesId, value, keep, operationId: `away ${value}` }
}

/** Makes a push wait. @returns its place in the outbox */
async function wait(mirror: SeriesMirror, value: number): Promise<number> {
  await mirror.pushWhileAway(away(value))
  return (await mirror.outbox(100)).at(-1)!.order
}

test('mirrors what a push to Redis left behind, and goes on from there while Redis is away', async t => {
  const { mirror, series } = await embedded(t)
  assert.equal(await mirror.get('s'), undefined)
  await mirror.put(answered(4, [3, 2, 1], 4))
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [4, 3, 2], count: 4, waiting: 0 })
  assert.deepEqual(await mirror.pushWhileAway(away(5)), { earlier: [4, 3, 2], isRepeat: false, storage: 'sqlite' })
  assert.deepEqual(await mirror.pushWhileAway(away(6)), { earlier: [5, 4, 3], isRepeat: false, storage: 'sqlite' })
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [6, 5, 4], count: 4, waiting: 2 })
  assert.deepEqual(await series.read('s'), [6, 5, 4])
})

test('a push that was answered before the one mirrored changes nothing', async t => {
  const { mirror } = await embedded(t)
  await mirror.put(answered(5, [4, 3], 5))
  for (const count of [4, 5]) await mirror.put(answered(9, [8], count))
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [5, 4, 3], count: 5, waiting: 0 })
})

test('ids that Redis has answered are known while it is away', async t => {
  const { mirror, series } = await embedded(t)
  await mirror.put({ ...answered(2, [1], 2), observationId: 'x' })
  await mirror.put(answered(3, [2, 1], 3))
  const repeat = await mirror.pushWhileAway({ ...away(2), observationId: 'x' })
  assert.deepEqual(repeat, { earlier: [1], isRepeat: true, storage: 'sqlite' })
  await assert.rejects(mirror.pushWhileAway({ ...away(7), observationId: 'x' }), { code: 'MILL_ID_CONFLICT' })
  assert.equal(await mirror.outboxSize(), 0)
  assert.deepEqual(await series.read('s'), [3, 2, 1])
})

test('a repeat in Redis teaches the id and nothing else', async t => {
  const { mirror } = await embedded(t)
  await mirror.put(answered(5, [4], 5))
  await mirror.put({ ...answered(3, [2], 6), isRepeat: true, observationId: 'x' })
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [5, 4], count: 5, waiting: 0 })
  assert.equal((await mirror.pushWhileAway({ ...away(3), observationId: 'x' })).isRepeat, true)
})

test('a repeat in Redis is all that is known of a series never seen before', async t => {
  const { mirror } = await embedded(t)
  await mirror.put({ ...answered(3, [2], 6), isRepeat: true, observationId: 'x' })
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [3, 2], count: 0, waiting: 0 })
  await mirror.put(answered(7, [6, 5], 7))
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [7, 6, 5], count: 7, waiting: 0 })
})

test('the outbox hands out pushes in order, of all series or of one', async t => {
  const { mirror } = await embedded(t)
  for (const [seriesId, value] of [
    ['a', 1],
    ['\uD800', -0],
    ['a', 3]
  ] as const) {
    await mirror.pushWhileAway({ seriesId, value, keep: 2, operationId: `\uD800${value}` })
  }
  const all = await mirror.outbox(10)
  assert.deepEqual(
    all.map(({ order: _order, ...push }) => push),
    [
      { seriesId: 'a', value: 1, keep: 2, operationId: '\uD8001', earlier: [] },
      { seriesId: '\uD800', value: -0, keep: 2, operationId: '\uD8000', earlier: [] },
      { seriesId: 'a', value: 3, keep: 2, operationId: '\uD8003', earlier: [1] }
    ]
  )
  assert.deepEqual(await mirror.outbox(2), all.slice(0, 2))
  assert.deepEqual(await mirror.outbox(10, 'a'), [all[0], all[2]])
  assert.deepEqual(await mirror.outbox(10, 'unknown'), [])
  assert.equal(await mirror.outboxSize(), 3)
})

test('places in the outbox only grow, also after it was emptied and opened again', async t => {
  const folder = memoryFolder(t)
  const before = await embedded(t, { folder })
  const first = await wait(before.mirror, 1)
  await before.mirror.settle([{ order: first }])
  await before.close()
  const second = await wait((await embedded(t, { folder })).mirror, 2)
  assert.ok(second > first)
})

test('a push that was settled is what Redis says, with those that still wait on top', async t => {
  const { mirror } = await embedded(t)
  await mirror.put(answered(1, [], 1))
  const [first, second] = [await wait(mirror, 2), await wait(mirror, 3)]
  // Another node has pushed 10 in the meantime.
  await mirror.settle([{ order: first, redis: { values: [2, 10, 1], count: 3 } }])
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [3, 2, 10], count: 3, waiting: 1 })
  await mirror.settle([{ order: second, redis: { values: [3, 2, 10], count: 4 } }])
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [3, 2, 10], count: 4, waiting: 0 })
  assert.equal(await mirror.outboxSize(), 0)
})

test('what is settled a second time, or was never there, is passed over', async t => {
  const { mirror } = await embedded(t)
  const order = await wait(mirror, 1)
  await mirror.settle([{ order }])
  await mirror.settle([
    { order, redis: { values: [9], count: 9 } },
    { order: order + 1, redis: { values: [9], count: 9 } }
  ])
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [1], count: 0, waiting: 0 })
})

test('a push that Redis answers while others wait is put below them', async t => {
  const { mirror } = await embedded(t)
  await mirror.put(answered(1, [], 1))
  await wait(mirror, 3)
  await mirror.put(answered(2, [1], 2))
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [3, 2, 1], count: 2, waiting: 1 })
})

test('what waits with a smaller keep cuts what lies below', async t => {
  const { mirror } = await embedded(t)
  await mirror.pushWhileAway(away(10, { keep: 2 }))
  await mirror.pushWhileAway(away(11, { keep: 9 }))
  await mirror.put({ ...answered(3, [2, 1], 3), keep: 9 })
  // As Redis will have it: [3 2 1], [10 3], [11 10 3].
  assert.deepEqual((await mirror.get('s'))?.values, [11, 10, 3])
})

test('pages go through all series that were in Redis or wait for it, each once', async t => {
  const { mirror, series } = await embedded(t)
  await series.push({ seriesId: 'never in Redis', value: 1, keep: 1 })
  for (const seriesId of ['a', 'b', 'c']) await mirror.put({ ...answered(1, [], 1), seriesId })
  await mirror.pushWhileAway(away(1, { seriesId: 'd' }))
  const first = await mirror.page(3)
  const second = await mirror.page(3, first.at(-1)?.seriesId)
  assert.deepEqual(
    first.map(({ seriesId, count, waiting }) => [seriesId, count, waiting]),
    [
      ['a', 1, 0],
      ['b', 1, 0],
      ['c', 1, 0]
    ]
  )
  assert.deepEqual(second, [{ seriesId: 'd', values: [1], count: 0, waiting: 1 }])
  assert.deepEqual(await mirror.page(3, 'd'), [])
})

test('with another Redis the counts begin anew and the outbox stays', async t => {
  const { mirror } = await embedded(t)
  await mirror.put(answered(5, [4], 5))
  await wait(mirror, 6)
  await mirror.forgetCounts()
  assert.deepEqual(await mirror.get('s'), { seriesId: 's', values: [6, 5, 4], count: 0, waiting: 1 })
})

test('remembered ids come oldest first, the latest of them', async t => {
  const { mirror, series } = await embedded(t)
  assert.deepEqual(await mirror.ids('s', 10), [])
  await series.push({ seriesId: 's', value: 1, keep: 3, observationId: 'a' })
  await mirror.put({ ...answered(2, [1], 2), observationId: 'b' })
  await mirror.pushWhileAway({ ...away(-0), observationId: '\uD800' })
  const all = [
    { observationId: 'a', value: 1, earlier: [] },
    { observationId: 'b', value: 2, earlier: [1] },
    { observationId: '\uD800', value: -0, earlier: [2, 1] }
  ]
  assert.deepEqual(await mirror.ids('s', 10), all)
  assert.deepEqual(await mirror.ids('s', 2), all.slice(1))
})

test('the copy is always Redis as last seen with the outbox on top', async t => {
  const { mirror } = await embedded(t)
  const steps = fc.array(
    fc.record({ what: fc.constantFrom('push', 'away', 'away', 'settle'), keep: fc.integer({ min: 1, max: 4 }) }),
    { maxLength: 30 }
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(steps, async given => {
      const seriesId = `run ${run++}`
      let redis: number[] = []
      let count = 0
      let outbox: { order: number; value: number; keep: number }[] = []
      for (const [value, { what, keep }] of given.entries()) {
        const push = { seriesId, value, keep }
        if (what === 'push') {
          const earlier = redis.slice(0, keep)
          redis = [value, ...redis].slice(0, keep)
          await mirror.put({ ...push, earlier, isRepeat: false, count: ++count })
        } else if (what === 'away') {
          await mirror.pushWhileAway({ ...push, operationId: `${value}` })
          outbox.push({ order: (await mirror.outbox(1000, seriesId)).at(-1)!.order, value, keep })
        } else if (outbox.length > 0) {
          const [first, ...others] = outbox as [(typeof outbox)[0], ...typeof outbox]
          redis = [first.value, ...redis].slice(0, first.keep)
          outbox = others
          await mirror.settle([{ order: first.order, redis: { values: redis, count: ++count } }])
        }
        const expected = outbox.reduce((values, one) => [one.value, ...values].slice(0, one.keep), redis)
        const found = (await mirror.get(seriesId)) ?? { seriesId, values: [], count: 0, waiting: 0 }
        assert.deepEqual(found, { seriesId, values: expected, count, waiting: outbox.length })
      }
    }),
    { numRuns: 60 }
  )
})

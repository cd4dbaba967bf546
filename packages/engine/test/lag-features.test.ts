import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LastValue } from '@millrace/online'
import { memorySeriesStore, openEmbeddedStore, type SeriesStore } from '@millrace/store'
import * as fc from 'fast-check'
import { createLagFeatures } from '../src/features/lag-features.ts'

/** Lag features on a new store in memory. */
function lagFeatures(lags: number, series: SeriesStore = memorySeriesStore()) {
  return createLagFeatures({ series, lags })
}

test('the first value finds only zeros, the next ones what came before, newest first', async () => {
  const features = lagFeatures(3)
  const added = []
  for (const value of [115, 120, 125, 130, 135]) added.push(await features.add({ seriesId: 'flights', value }))
  const common = { seriesId: 'flights', isRepeat: false, storage: 'memory' }
  assert.deepEqual(added, [
    { ...common, features: { in_1: 0, in_2: 0, in_3: 0 }, target: 115, availableLags: 0 },
    { ...common, features: { in_1: 115, in_2: 0, in_3: 0 }, target: 120, availableLags: 1 },
    { ...common, features: { in_1: 120, in_2: 115, in_3: 0 }, target: 125, availableLags: 2 },
    { ...common, features: { in_1: 125, in_2: 120, in_3: 115 }, target: 130, availableLags: 3 },
    { ...common, features: { in_1: 130, in_2: 125, in_3: 120 }, target: 135, availableLags: 3 }
  ])
})

test('an observation that comes again gets the same lags and adds nothing', async () => {
  const features = lagFeatures(2)
  for (const value of [1, 2]) await features.add({ seriesId: 's', value })
  const first = await features.add({ seriesId: 's', value: 3, observationId: 'x' })
  await features.add({ seriesId: 's', value: 4 })
  assert.deepEqual(await features.add({ seriesId: 's', value: 3, observationId: 'x' }), { ...first, isRepeat: true })
  assert.deepEqual(first.features, { in_1: 2, in_2: 1 })
  assert.deepEqual((await features.add({ seriesId: 's', value: 5 })).features, { in_1: 4, in_2: 3 })
})

test('another value under the id of an earlier observation is refused', async () => {
  const features = lagFeatures(2)
  await features.add({ seriesId: 's', value: 1, observationId: 'x' })
  await assert.rejects(features.add({ seriesId: 's', value: 2, observationId: 'x' }), { code: 'MILL_ID_CONFLICT' })
  assert.equal((await features.series('s')).length, 1)
})

test('a repeat after a restart with fewer lags gets as many as there are now', async () => {
  const series = memorySeriesStore()
  for (const value of [1, 2, 3]) await lagFeatures(3, series).add({ seriesId: 's', value, observationId: `o${value}` })
  const repeat = await lagFeatures(1, series).add({ seriesId: 's', value: 3, observationId: 'o3' })
  assert.deepEqual(repeat.features, { in_1: 2 })
  assert.equal(repeat.availableLags, 1)
})

test('there are exactly N lags, in order', async () => {
  for (const lags of [1, 2, 15, 1000]) {
    const { features } = await lagFeatures(lags).add({ seriesId: 's', value: 1 })
    assert.deepEqual(
      Object.keys(features),
      Array.from({ length: lags }, (_, index) => `in_${index + 1}`)
    )
  }
})

test('series do not influence each other, whatever their names', async () => {
  const features = lagFeatures(2)
  const ids = ['', '__proto__', 'constructor', 'a', '\uD800', '\uDC00']
  for (const value of [0, 100]) {
    for (const [index, seriesId] of ids.entries()) await features.add({ seriesId, value: value + index })
  }
  for (const [index, seriesId] of ids.entries()) {
    const added = await features.add({ seriesId, value: 1 })
    assert.deepEqual(added.features, { in_1: 100 + index, in_2: index })
    assert.equal(added.seriesId, seriesId)
  }
})

test('-0 and the smallest and largest numbers are kept', async () => {
  const features = lagFeatures(4)
  for (const value of [1e100, -1e100, 5e-324, -0]) await features.add({ seriesId: 's', value })
  const added = await features.add({ seriesId: 's', value: -0 })
  assert.deepEqual(added.features, { in_1: -0, in_2: 5e-324, in_3: -1e100, in_4: 1e100 })
  assert.ok(Object.is(added.target, -0))
})

test('refuses what no learner takes, with nothing stored', async () => {
  const features = lagFeatures(3)
  await features.add({ seriesId: 's', value: 7 })
  for (const value of [Number.NaN, Infinity, -Infinity]) {
    await assert.rejects(features.add({ seriesId: 's', value }), { code: 'MILL_VALUE_NOT_FINITE' })
  }
  for (const value of [1.0001e100, -Number.MAX_VALUE]) {
    await assert.rejects(features.add({ seriesId: 's', value }), { code: 'MILL_VALUE_OUT_OF_RANGE' })
  }
  await assert.rejects(features.add({ seriesId: 'new', value: Number.NaN }), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.deepEqual(await features.list(), [{ seriesId: 's', length: 1, latestValue: 7, availableLags: 1 }])
})

test('takes exactly the values that learners take', async () => {
  for (const value of [1e100, 1.0001e100, Number.MAX_VALUE, Infinity, Number.NaN]) {
    const taught = await outcome(async () => new LastValue().learnOne({}, value))
    const added = await outcome(() => lagFeatures(1).add({ seriesId: 's', value }))
    assert.equal(added, taught, String(value))
  }
})

/** The code of the error, or `fine`. */
async function outcome(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work()
    return 'fine'
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error
  }
}

test('the number of lags is an integer from 1 to 1000', () => {
  for (const lags of [0, -1, 1.5, 1001, Number.NaN, Infinity]) {
    assert.throws(() => lagFeatures(lags), {
      code: 'MILL_OPTION_INVALID',
      message: /lags must be an integer from 1 to/
    })
  }
})

test('tells of one series, and that another is not there', async () => {
  const features = lagFeatures(2)
  for (const value of [1, 2, 3]) await features.add({ seriesId: 's', value })
  assert.deepEqual(await features.series('s'), { seriesId: 's', length: 2, latestValue: 3, availableLags: 2 })
  await assert.rejects(features.series('X'), {
    code: 'MILL_SERIES_NOT_FOUND',
    message: 'Series X not found',
    details: { seriesId: 'X' }
  })
  await assert.rejects(features.series('__proto__'), { code: 'MILL_SERIES_NOT_FOUND' })
})

test('lists the series fed most recently first', async () => {
  const features = lagFeatures(2)
  for (const [seriesId, value] of [
    ['a', 1],
    ['b', 2],
    ['a', 3]
  ] as const)
    await features.add({ seriesId, value })
  const a = { seriesId: 'a', length: 2, latestValue: 3, availableLags: 2 }
  const b = { seriesId: 'b', length: 1, latestValue: 2, availableLags: 1 }
  assert.deepEqual(await features.list(), [a, b])
  assert.deepEqual(await features.list(1), [a])
})

test('fewer lags than before find at most that many, more find what is still there', async () => {
  const series = memorySeriesStore()
  for (const value of [1, 2, 3]) await lagFeatures(3, series).add({ seriesId: 's', value })
  const fewer = lagFeatures(2, series)
  assert.deepEqual(await fewer.series('s'), { seriesId: 's', length: 3, latestValue: 3, availableLags: 2 })
  assert.deepEqual((await fewer.add({ seriesId: 's', value: 4 })).features, { in_1: 3, in_2: 2 })
  const more = await lagFeatures(4, series).add({ seriesId: 's', value: 5 })
  assert.deepEqual(more.features, { in_1: 4, in_2: 3, in_3: 0, in_4: 0 })
  assert.equal(more.availableLags, 2)
})

/** The series of an embedded store in a folder. */
function openSeries(folder: string) {
  return openEmbeddedStore({ folder, durability: 'os', idsRemembered: 10, pendingTtlMs: 1, pendingLimit: 1 })
}

test('lags survive a restart', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lags-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const first = await openSeries(folder)
  await lagFeatures(2, first.series).add({ seriesId: 's', value: -0 })
  await first.close()
  const second = await openSeries(folder)
  const added = await lagFeatures(2, second.series).add({ seriesId: 's', value: 1 })
  await second.close()
  assert.deepEqual(added.features, { in_1: -0, in_2: 0 })
  assert.equal(added.storage, 'sqlite')
})

test('parallel adds to one series never see the same lags', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-lags-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const embedded = await openSeries(folder)
  for (const store of [memorySeriesStore(), embedded.series]) {
    const features = lagFeatures(1, store)
    const values = Array.from({ length: 100 }, (_, index) => index + 1)
    const added = await Promise.all(values.map(value => features.add({ seriesId: 's', value })))
    assert.equal(new Set(added.map(({ features: lags }) => lags.in_1)).size, 100)
  }
  await embedded.close()
})

test('lags are always the previous values of the same series', async () => {
  const value = fc.double({ noNaN: true, min: -1e100, max: 1e100 })
  const observations = fc.array(fc.record({ seriesId: fc.constantFrom('a', 'b', ''), value }), { maxLength: 60 })
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20 }), observations, async (lags, given) => {
      const features = lagFeatures(lags)
      for (const [index, { seriesId, value: target }] of given.entries()) {
        const earlier = given.slice(0, index).filter(other => other.seriesId === seriesId)
        const newestFirst = earlier.map(other => other.value).toReversed()
        const expected = Array.from({ length: lags }, (_, lag) => newestFirst[lag] ?? 0)
        const added = await features.add({ seriesId, value: target })
        assert.deepEqual(Object.values(added.features), expected)
        assert.equal(added.availableLags, Math.min(earlier.length, lags))
        assert.equal(added.target, target)
      }
    })
  )
})

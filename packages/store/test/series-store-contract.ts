import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { SeriesStore } from '../src/index.ts'

const plainIds = ['', ' ', '__proto__', 'constructor', '0', 'a:b', 'a', 'A', 'é', 'e\u0301', 'x'.repeat(10_000)]
const controlIds = ['\0', 'a\0b', 'a\0c', '\uFEFFa', '\uFFFD', '\u{1F600}']
const surrogateIds = ['\uD800', '\uDBFF', '\uDC00', '\uD800\uD800', '\uDE00\uD83D']
const oddIds = [...plainIds, ...controlIds, ...surrogateIds]

type Make = (context: TestContext, options: { idsRemembered: number }) => SeriesStore | Promise<SeriesStore>

/** Pushes and returns what was found. */
async function push(store: SeriesStore, seriesId: string, value: number, keep: number): Promise<number[]> {
  const pushed = await store.push({ seriesId, value, keep })
  assert.equal(pushed.isRepeat, false)
  return pushed.earlier
}

/** What every series store does; `make` gives a new empty one. */
export function seriesStoreContract(name: string, make: Make): void {
  valuesContract(name, context => make(context, { idsRemembered: 100 }))
  observationIdsContract(name, make)
}

function valuesContract(name: string, make: (context: TestContext) => SeriesStore | Promise<SeriesStore>): void {
  test(`${name}: a push returns the values before it, newest first, and cuts to keep`, async t => {
    const store = await make(t)
    assert.deepEqual(await push(store, 's', 1, 3), [])
    assert.deepEqual(await push(store, 's', 2, 3), [1])
    assert.deepEqual(await push(store, 's', 3, 3), [2, 1])
    assert.deepEqual(await push(store, 's', 4, 3), [3, 2, 1])
    assert.deepEqual(await push(store, 's', 5, 3), [4, 3, 2])
    assert.deepEqual(await store.read('s'), [5, 4, 3])
  })

  test(`${name}: a smaller keep forgets the oldest, a larger one grows from what is left`, async t => {
    const store = await make(t)
    for (const value of [1, 2, 3, 4]) await push(store, 's', value, 4)
    assert.deepEqual(await push(store, 's', 5, 2), [4, 3])
    assert.deepEqual(await store.read('s'), [5, 4])
    assert.deepEqual(await push(store, 's', 6, 4), [5, 4])
    assert.deepEqual(await push(store, 's', 7, 4), [6, 5, 4])
    assert.deepEqual(await push(store, 's', 8, 1), [7])
    assert.deepEqual(await store.read('s'), [8])
  })

  test(`${name}: an unknown series reads as undefined, also under the names every object has`, async t => {
    const store = await make(t)
    for (const id of ['s', '', '__proto__', 'constructor']) assert.equal(await store.read(id), undefined)
    assert.deepEqual(await store.list(10), [])
  })

  test(`${name}: any text is a series of its own`, async t => {
    const store = await make(t)
    for (const [index, id] of oddIds.entries())
      assert.deepEqual(await push(store, id, index, 2), [], JSON.stringify(id))
    for (const [index, id] of oddIds.entries()) assert.deepEqual(await store.read(id), [index], JSON.stringify(id))
    const listed = await store.list(oddIds.length + 1)
    assert.deepEqual(
      listed.map(({ seriesId }) => seriesId),
      oddIds.toReversed()
    )
  })

  test(`${name}: values come back bit for bit`, async t => {
    const store = await make(t)
    const values = [-0, 0, Number.MIN_VALUE, -Number.MIN_VALUE, 2.2250738585072009e-308, 0.1, 1e100, Number.MAX_VALUE]
    for (const value of values) await push(store, 's', value, 100)
    // deepEqual of node:assert/strict compares with Object.is, so -0 and 0 differ.
    assert.deepEqual(await store.read('s'), values.toReversed())
    assert.deepEqual(await push(store, 's', 1, 100), values.toReversed())
  })

  test(`${name}: lists the most recently changed series first, at most limit`, async t => {
    const store = await make(t)
    for (const [id, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['a', 4],
      ['a', 5],
      ['b', -0]
    ] as const) {
      await push(store, id, value, 2)
    }
    const all = [
      { seriesId: 'b', length: 2, latestValue: -0 },
      { seriesId: 'a', length: 2, latestValue: 5 },
      { seriesId: 'c', length: 1, latestValue: 3 }
    ]
    assert.deepEqual(await store.list(10), all)
    assert.deepEqual(await store.list(2), all.slice(0, 2))
  })

  test(`${name}: arrays handed out are copies`, async t => {
    const store = await make(t)
    await push(store, 's', 1, 3)
    const { earlier } = await store.push({ seriesId: 's', value: 2, keep: 3, observationId: 'x' })
    earlier.push(99)
    const values = await store.read('s')
    values?.fill(99)
    assert.deepEqual(await store.read('s'), [2, 1])
    const repeat = await store.push({ seriesId: 's', value: 2, keep: 3, observationId: 'x' })
    repeat.earlier.push(99)
    assert.deepEqual((await store.push({ seriesId: 's', value: 2, keep: 3, observationId: 'x' })).earlier, [1])
  })

  test(`${name}: refuses a keep or limit that is no integer >= 1, with nothing stored`, async t => {
    const store = await make(t)
    for (const count of [0, -1, 1.5, Number.NaN, Infinity]) {
      await assert.rejects(push(store, 's', 1, count), { code: 'MILL_OPTION_INVALID' })
      await assert.rejects(store.list(count), { code: 'MILL_OPTION_INVALID' })
    }
    assert.equal(await store.read('s'), undefined)
  })

  test(`${name}: pushes started together form one chain`, async t => {
    const store = await make(t)
    const lags = await Promise.all(Array.from({ length: 50 }, (_, value) => push(store, 's', value, 1)))
    const previous = lags.flat()
    assert.equal(lags.filter(({ length }) => length === 0).length, 1)
    assert.equal(new Set(previous).size, 49)
  })

  test(`${name}: agrees with plain arrays over any sequence of calls`, async t => {
    const store = await make(t)
    const call = fc.record({
      id: fc.oneof(fc.constantFrom('a', 'b', '__proto__'), fc.string({ unit: 'binary', maxLength: 3 })),
      value: fc.double({ noNaN: true }),
      keep: fc.integer({ min: 1, max: 5 })
    })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 40 }), async calls => {
        // Each run has series of its own, and changed them last.
        run += 1
        const model = new Map<string, number[]>()
        for (const { id, value, keep } of calls) {
          const seriesId = `${run}:${id}`
          const before = (model.get(seriesId) ?? []).slice(0, keep)
          assert.deepEqual(await push(store, seriesId, value, keep), before)
          model.delete(seriesId)
          model.set(seriesId, [value, ...before].slice(0, keep))
        }
        for (const [seriesId, values] of model) assert.deepEqual(await store.read(seriesId), values)
        const summaries = [...model].toReversed().map(([seriesId, values]) => ({
          seriesId,
          length: values.length,
          latestValue: values[0]
        }))
        if (model.size > 0) assert.deepEqual(await store.list(model.size), summaries)
      }),
      { numRuns: 50 }
    )
  })
}

function observationIdsContract(name: string, make: Make): void {
  test(`${name}: a repeat finds what the first push found and stores nothing`, async t => {
    const store = await make(t, { idsRemembered: 100 })
    for (const value of [1, 2]) await push(store, 's', value, 2)
    const first = await store.push({ seriesId: 's', value: 3, keep: 2, observationId: 'x' })
    assert.deepEqual({ earlier: first.earlier, isRepeat: first.isRepeat }, { earlier: [2, 1], isRepeat: false })
    await push(store, 's', 4, 2)
    await push(store, 'other', 5, 2)
    // The keep of the repeat makes no difference.
    for (const keep of [2, 1, 9]) {
      const repeat = await store.push({ seriesId: 's', value: 3, keep, observationId: 'x' })
      assert.deepEqual(repeat, { ...first, isRepeat: true })
    }
    assert.deepEqual(await store.read('s'), [4, 3])
    assert.deepEqual((await store.list(1))[0]?.seriesId, 'other')
  })

  test(`${name}: another value under a known id is a conflict that stores nothing`, async t => {
    const store = await make(t, { idsRemembered: 100 })
    await store.push({ seriesId: 's', value: 1, keep: 2, observationId: 'x' })
    await assert.rejects(store.push({ seriesId: 's', value: 2, keep: 2, observationId: 'x' }), {
      code: 'MILL_ID_CONFLICT',
      details: { seriesId: 's', observationId: 'x' }
    })
    assert.deepEqual(await store.read('s'), [1])
    assert.equal((await store.push({ seriesId: 's', value: 1, keep: 2, observationId: 'x' })).isRepeat, true)
  })

  test(`${name}: each series has observation ids of its own`, async t => {
    const store = await make(t, { idsRemembered: 100 })
    for (const [value, seriesId] of ['a', 'b', 'c'].entries()) {
      const pushed = await store.push({ seriesId, value, keep: 2, observationId: 'x' })
      assert.deepEqual({ earlier: pushed.earlier, isRepeat: pushed.isRepeat }, { earlier: [], isRepeat: false })
    }
  })

  test(`${name}: the latest ids of a series are remembered, older ones are new again`, async t => {
    const store = await make(t, { idsRemembered: 3 })
    for (const [value, observationId] of ['a', 'b', 'c', 'd'].entries()) {
      await store.push({ seriesId: 's', value, keep: 9, observationId })
      await push(store, 's', 100 + value, 9) // one without an id takes no place
    }
    for (const [value, observationId] of [
      [1, 'b'],
      [2, 'c'],
      [3, 'd']
    ] as const) {
      assert.equal((await store.push({ seriesId: 's', value, keep: 9, observationId })).isRepeat, true, observationId)
    }
    const forgotten = await store.push({ seriesId: 's', value: 7, keep: 9, observationId: 'a' })
    assert.equal(forgotten.isRepeat, false)
    assert.deepEqual(forgotten.earlier, [103, 3, 102, 2, 101, 1, 100, 0])
    assert.equal((await store.push({ seriesId: 's', value: 1, keep: 9, observationId: 'b' })).isRepeat, false)
  })

  test(`${name}: any text is an observation id of its own`, async t => {
    const store = await make(t, { idsRemembered: 100 })
    for (const isRepeat of [false, true]) {
      for (const [value, observationId] of oddIds.entries()) {
        const pushed = await store.push({ seriesId: 's', value, keep: 1, observationId })
        assert.equal(pushed.isRepeat, isRepeat, JSON.stringify(observationId))
        assert.deepEqual(pushed.earlier, value === 0 ? [] : [value - 1])
      }
    }
  })

  test(`${name}: what a repeat finds comes back bit for bit`, async t => {
    const store = await make(t, { idsRemembered: 100 })
    const values = [-0, Number.MIN_VALUE, 0.1, 1e100]
    for (const value of values) await push(store, 's', value, 9)
    for (const isRepeat of [false, true]) {
      const pushed = await store.push({ seriesId: 's', value: -0, keep: 9, observationId: 'x' })
      assert.equal(pushed.isRepeat, isRepeat)
      assert.deepEqual(pushed.earlier, values.toReversed())
    }
  })

  test(`${name}: of equal pushes started together, one is stored`, async t => {
    const store = await make(t, { idsRemembered: 100 })
    const observation = { seriesId: 's', value: 1, keep: 9, observationId: 'x' }
    const pushed = await Promise.all(Array.from({ length: 20 }, () => store.push(observation)))
    assert.equal(pushed.filter(({ isRepeat }) => !isRepeat).length, 1)
    assert.deepEqual(await store.read('s'), [1])
  })

  test(`${name}: agrees with a list of the latest ids over any sequence of pushes`, async t => {
    const idsRemembered = 4
    const store = await make(t, { idsRemembered })
    const call = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), value: fc.constantFrom(0, 1) })
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(call, { maxLength: 30 }), async calls => {
        const seriesId = `run ${run++}`
        let remembered: { id: string; value: number; earlier: number[] }[] = []
        let values: number[] = []
        for (const { id, value } of calls) {
          const known = remembered.find(other => other.id === id)
          const pushed = store.push({ seriesId, value, keep: 3, observationId: id })
          if (known !== undefined && known.value !== value) {
            await assert.rejects(pushed, { code: 'MILL_ID_CONFLICT' })
            continue
          }
          const { earlier, isRepeat } = await pushed
          assert.deepEqual({ earlier, isRepeat }, { earlier: known?.earlier ?? values, isRepeat: known !== undefined })
          if (known !== undefined) continue
          remembered = [...remembered, { id, value, earlier: values }].slice(-idsRemembered)
          values = [value, ...values].slice(0, 3)
        }
      }),
      { numRuns: 50 }
    )
  })
}

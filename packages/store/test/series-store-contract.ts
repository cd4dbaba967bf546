import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import type { SeriesStore } from '../src/index.ts'

const plainIds = ['', ' ', '__proto__', 'constructor', '0', 'a:b', 'a', 'A', 'é', 'e\u0301', 'x'.repeat(10_000)]
const controlIds = ['\0', 'a\0b', 'a\0c', '\uFEFFa', '\uFFFD', '\u{1F600}']
const surrogateIds = ['\uD800', '\uDBFF', '\uDC00', '\uD800\uD800', '\uDE00\uD83D']
const oddIds = [...plainIds, ...controlIds, ...surrogateIds]

/** What every series store does; `make` gives a new empty one. */
export function seriesStoreContract(name: string, make: (context: TestContext) => SeriesStore): void {
  test(`${name}: a push returns the values before it, newest first, and cuts to keep`, async t => {
    const store = make(t)
    assert.deepEqual(await store.push('s', 1, 3), [])
    assert.deepEqual(await store.push('s', 2, 3), [1])
    assert.deepEqual(await store.push('s', 3, 3), [2, 1])
    assert.deepEqual(await store.push('s', 4, 3), [3, 2, 1])
    assert.deepEqual(await store.push('s', 5, 3), [4, 3, 2])
    assert.deepEqual(await store.read('s'), [5, 4, 3])
  })

  test(`${name}: a smaller keep forgets the oldest, a larger one grows from what is left`, async t => {
    const store = make(t)
    for (const value of [1, 2, 3, 4]) await store.push('s', value, 4)
    assert.deepEqual(await store.push('s', 5, 2), [4, 3])
    assert.deepEqual(await store.read('s'), [5, 4])
    assert.deepEqual(await store.push('s', 6, 4), [5, 4])
    assert.deepEqual(await store.push('s', 7, 4), [6, 5, 4])
    assert.deepEqual(await store.push('s', 8, 1), [7])
    assert.deepEqual(await store.read('s'), [8])
  })

  test(`${name}: an unknown series reads as undefined, also under the names every object has`, async t => {
    const store = make(t)
    for (const id of ['s', '', '__proto__', 'constructor']) assert.equal(await store.read(id), undefined)
    assert.deepEqual(await store.list(10), [])
  })

  test(`${name}: any text is a series of its own`, async t => {
    const store = make(t)
    for (const [index, id] of oddIds.entries()) assert.deepEqual(await store.push(id, index, 2), [], JSON.stringify(id))
    for (const [index, id] of oddIds.entries()) assert.deepEqual(await store.read(id), [index], JSON.stringify(id))
    const listed = await store.list(oddIds.length + 1)
    assert.deepEqual(
      listed.map(({ seriesId }) => seriesId),
      oddIds.toReversed()
    )
  })

  test(`${name}: values come back bit for bit`, async t => {
    const store = make(t)
    const values = [-0, 0, Number.MIN_VALUE, -Number.MIN_VALUE, 2.2250738585072009e-308, 0.1, 1e100, Number.MAX_VALUE]
    for (const value of values) await store.push('s', value, 100)
    // deepEqual of node:assert/strict compares with Object.is, so -0 and 0 differ.
    assert.deepEqual(await store.read('s'), values.toReversed())
    assert.deepEqual(await store.push('s', 1, 100), values.toReversed())
  })

  test(`${name}: lists the most recently changed series first, at most limit`, async t => {
    const store = make(t)
    for (const [id, value] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
      ['a', 4],
      ['a', 5],
      ['b', -0]
    ] as const) {
      await store.push(id, value, 2)
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
    const store = make(t)
    await store.push('s', 1, 3)
    const lags = await store.push('s', 2, 3)
    lags.push(99)
    const values = await store.read('s')
    values?.fill(99)
    assert.deepEqual(await store.read('s'), [2, 1])
  })

  test(`${name}: refuses a keep or limit that is no integer >= 1, with nothing stored`, async t => {
    const store = make(t)
    for (const count of [0, -1, 1.5, Number.NaN, Infinity]) {
      await assert.rejects(store.push('s', 1, count), { code: 'MILL_OPTION_INVALID' })
      await assert.rejects(store.list(count), { code: 'MILL_OPTION_INVALID' })
    }
    assert.equal(await store.read('s'), undefined)
  })

  test(`${name}: pushes started together form one chain`, async t => {
    const store = make(t)
    const lags = await Promise.all(Array.from({ length: 50 }, (_, value) => store.push('s', value, 1)))
    const previous = lags.flat()
    assert.equal(lags.filter(({ length }) => length === 0).length, 1)
    assert.equal(new Set(previous).size, 49)
  })

  test(`${name}: agrees with plain arrays over any sequence of calls`, async t => {
    const push = fc.record({
      id: fc.oneof(fc.constantFrom('a', 'b', '__proto__'), fc.string({ unit: 'binary', maxLength: 3 })),
      value: fc.double({ noNaN: true }),
      keep: fc.integer({ min: 1, max: 5 })
    })
    await fc.assert(
      fc.asyncProperty(fc.array(push, { maxLength: 40 }), async pushes => {
        const store = make(t)
        const model = new Map<string, number[]>()
        for (const { id, value, keep } of pushes) {
          const before = (model.get(id) ?? []).slice(0, keep)
          assert.deepEqual(await store.push(id, value, keep), before)
          model.delete(id)
          model.set(id, [value, ...before].slice(0, keep))
        }
        for (const [id, values] of model) assert.deepEqual(await store.read(id), values)
        const summaries = [...model].toReversed().map(([seriesId, values]) => ({
          seriesId,
          length: values.length,
          latestValue: values[0]
        }))
        assert.deepEqual(await store.list(1000), summaries)
      }),
      { numRuns: 50 }
    )
  })
}

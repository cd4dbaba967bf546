import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { CursorStore } from '../src/index.ts'

/** What every cursor store does; `make` gives a new empty one. */
export function cursorStoreContract(
  name: string,
  make: (context: TestContext) => CursorStore | Promise<CursorStore>
): void {
  test(`${name}: hands out every index once, in order, then undefined for good`, async t => {
    const cursors = await make(t)
    assert.deepEqual(await cursors.position('s'), { index: 0, round: 0 })
    assert.deepEqual(await cursors.advance('s', 2), { index: 0, round: 0 })
    assert.deepEqual(await cursors.position('s'), { index: 1, round: 0 })
    assert.deepEqual(await cursors.advance('s', 2), { index: 1, round: 0 })
    assert.equal(await cursors.advance('s', 2), undefined)
    assert.equal(await cursors.advance('s', 2), undefined)
    assert.deepEqual(await cursors.position('s'), { index: 2, round: 0 })
  })

  test(`${name}: an empty stream hands out nothing`, async t => {
    const cursors = await make(t)
    assert.equal(await cursors.advance('s', 0), undefined)
    assert.deepEqual(await cursors.position('s'), { index: 0, round: 0 })
  })

  test(`${name}: a reset starts again from 0 in a new round and leaves other streams alone`, async t => {
    const cursors = await make(t)
    for (const stream of ['s', 's', 'other']) await cursors.advance(stream, 5)
    await cursors.reset('s')
    assert.deepEqual(await cursors.position('s'), { index: 0, round: 1 })
    assert.deepEqual(await cursors.advance('s', 5), { index: 0, round: 1 })
    await cursors.reset('s')
    await cursors.reset('s')
    assert.deepEqual(await cursors.advance('s', 5), { index: 0, round: 3 })
    assert.deepEqual(await cursors.position('other'), { index: 1, round: 0 })
  })

  test(`${name}: a reset before the first item begins a new round too`, async t => {
    const cursors = await make(t)
    await cursors.reset('unknown')
    assert.deepEqual(await cursors.advance('unknown', 1), { index: 0, round: 1 })
  })

  test(`${name}: a shorter stream keeps its position, a longer one goes on from it`, async t => {
    const cursors = await make(t)
    for (let turn = 0; turn < 3; turn++) await cursors.advance('s', 3)
    assert.equal(await cursors.advance('s', 2), undefined)
    assert.deepEqual(await cursors.position('s'), { index: 3, round: 0 })
    assert.deepEqual(await cursors.advance('s', 4), { index: 3, round: 0 })
  })

  test(`${name}: a commit moves past the item where the stream stands, once`, async t => {
    const cursors = await make(t)
    assert.equal(await cursors.commit('s', { index: 0, round: 0 }), true)
    assert.equal(await cursors.commit('s', { index: 0, round: 0 }), false)
    assert.deepEqual(await cursors.position('s'), { index: 1, round: 0 })
    assert.deepEqual(await cursors.advance('s', 2), { index: 1, round: 0 })
  })

  test(`${name}: a commit of another item does nothing`, async t => {
    const cursors = await make(t)
    await cursors.advance('s', 9)
    await cursors.reset('s')
    await cursors.advance('s', 9)
    for (const item of [
      { index: 0, round: 1 },
      { index: 2, round: 1 },
      { index: 1, round: 0 },
      { index: 1, round: 2 }
    ]) {
      assert.equal(await cursors.commit('s', item), false)
    }
    assert.deepEqual(await cursors.position('s'), { index: 1, round: 1 })
  })

  test(`${name}: of commits and advances started together, each item goes to one`, async t => {
    const cursors = await make(t)
    const first = { index: 0, round: 0 }
    const moved = await Promise.all(Array.from({ length: 10 }, () => cursors.commit('s', first)))
    assert.equal(moved.filter(Boolean).length, 1)
    const items = await Promise.all(Array.from({ length: 10 }, () => cursors.advance('s', 11)))
    assert.deepEqual(
      items.map(item => item?.index).toSorted((a, b) => a! - b!),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    )
  })

  test(`${name}: any text is a stream of its own`, async t => {
    const cursors = await make(t)
    const streams = ['', '__proto__', 'constructor', '\0', 'a\0b', 'a', '\uD800', '\uDC00', '\uFFFD', '\u{1F600}']
    for (const stream of streams) {
      assert.deepEqual(await cursors.advance(stream, 1), { index: 0, round: 0 }, JSON.stringify(stream))
    }
  })

  test(`${name}: refuses a total that is no integer >= 0`, async t => {
    const cursors = await make(t)
    for (const total of [-1, 1.5, Number.NaN, Infinity]) {
      await assert.rejects(cursors.advance('s', total), { code: 'MILL_OPTION_INVALID' })
    }
  })
}

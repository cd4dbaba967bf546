import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { CursorStore } from '../src/index.ts'

/** What every cursor store does; `make` gives a new empty one. */
export function cursorStoreContract(name: string, make: (context: TestContext) => CursorStore): void {
  test(`${name}: hands out every index once, in order, then undefined for good`, async t => {
    const cursors = make(t)
    assert.equal(await cursors.position('s'), 0)
    assert.equal(await cursors.advance('s', 2), 0)
    assert.equal(await cursors.position('s'), 1)
    assert.equal(await cursors.advance('s', 2), 1)
    assert.equal(await cursors.advance('s', 2), undefined)
    assert.equal(await cursors.advance('s', 2), undefined)
    assert.equal(await cursors.position('s'), 2)
  })

  test(`${name}: an empty stream hands out nothing`, async t => {
    const cursors = make(t)
    assert.equal(await cursors.advance('s', 0), undefined)
    assert.equal(await cursors.position('s'), 0)
  })

  test(`${name}: a reset starts again from 0 and leaves other streams alone`, async t => {
    const cursors = make(t)
    for (const stream of ['s', 's', 'other']) await cursors.advance(stream, 5)
    await cursors.reset('s')
    await cursors.reset('unknown')
    assert.equal(await cursors.advance('s', 5), 0)
    assert.equal(await cursors.position('other'), 1)
  })

  test(`${name}: a shorter stream keeps its position, a longer one goes on from it`, async t => {
    const cursors = make(t)
    for (let turn = 0; turn < 3; turn++) await cursors.advance('s', 3)
    assert.equal(await cursors.advance('s', 2), undefined)
    assert.equal(await cursors.position('s'), 3)
    assert.equal(await cursors.advance('s', 4), 3)
  })

  test(`${name}: any text is a stream of its own`, async t => {
    const cursors = make(t)
    const streams = ['', '__proto__', 'constructor', '\0', 'a\0b', 'a', '\uD800', '\uDC00', '\uFFFD', '\u{1F600}']
    for (const stream of streams) assert.equal(await cursors.advance(stream, 1), 0, JSON.stringify(stream))
  })

  test(`${name}: refuses a total that is no integer >= 0`, async t => {
    const cursors = make(t)
    for (const total of [-1, 1.5, Number.NaN, Infinity]) {
      await assert.rejects(cursors.advance('s', total), { code: 'MILL_OPTION_INVALID' })
    }
  })
}

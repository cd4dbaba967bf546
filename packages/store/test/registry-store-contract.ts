import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { RegistryStore } from '../src/index.ts'

/** What every registry does; `make` gives a new empty one. */
export function registryStoreContract(
  name: string,
  make: (context: TestContext) => RegistryStore | Promise<RegistryStore>
): void {
  test(`${name}: an entry comes back as it was written, its revision counting the changes`, async t => {
    const registry = await make(t)
    assert.equal(await registry.get('learner', 'a'), undefined)
    const value = { name: 'knn', settings: { n: [1, 2.5, -3], on: true, none: null, text: 'é\uD800\0' } }
    assert.deepEqual(await registry.put({ kind: 'learner', name: 'a', value }), {
      kind: 'learner',
      name: 'a',
      value,
      revision: 1
    })
    assert.deepEqual(await registry.get('learner', 'a'), { kind: 'learner', name: 'a', value, revision: 1 })
    await registry.put({ kind: 'learner', name: 'a', value: 7 })
    assert.deepEqual(await registry.get('learner', 'a'), { kind: 'learner', name: 'a', value: 7, revision: 2 })
  })

  test(`${name}: a write that expects another revision changes nothing`, async t => {
    const registry = await make(t)
    const entry = { kind: 'learner', name: 'a' }
    assert.equal(await registry.put({ ...entry, value: 1 }, 1), undefined)
    assert.equal(await registry.get('learner', 'a'), undefined)
    assert.equal((await registry.put({ ...entry, value: 1 }, 0))?.revision, 1)
    assert.equal(await registry.put({ ...entry, value: 2 }, 0), undefined)
    assert.equal((await registry.put({ ...entry, value: 3 }, 1))?.revision, 2)
    assert.equal(await registry.put({ ...entry, value: 4 }, 1), undefined)
    assert.deepEqual(await registry.get('learner', 'a'), { ...entry, value: 3, revision: 2 })
  })

  test(`${name}: of writers that expect the same revision, one succeeds`, async t => {
    const registry = await make(t)
    const entries = await Promise.all(
      Array.from({ length: 10 }, (_, value) => registry.put({ kind: 'learner', name: 'a', value }, 0))
    )
    const written = entries.filter(entry => entry !== undefined)
    assert.equal(written.length, 1)
    assert.deepEqual(await registry.get('learner', 'a'), written[0])
  })

  test(`${name}: lists the entries of one kind in the order of their names`, async t => {
    const registry = await make(t)
    // By UTF-16 code units, not by UTF-8 bytes: the emoji begins with U+D83D and comes before U+FF5E.
    const names = ['', 'B', 'a', 'a\0', 'aa', 'b', '\uD800', '\u{1F600}', '\uFF5E']
    for (const one of names.toReversed()) await registry.put({ kind: 'learner', name: one, value: one.length })
    await registry.put({ kind: 'alias', name: 'a', value: 0 })
    const listed = await registry.list('learner')
    assert.deepEqual(
      listed,
      names.map(one => ({ kind: 'learner', name: one, value: one.length, revision: 1 }))
    )
    assert.deepEqual(await registry.list('unknown'), [])
  })

  test(`${name}: kinds and names are any text, and do not mix`, async t => {
    const registry = await make(t)
    const pairs = [
      ['a', 'b:c'],
      ['a:b', 'c'],
      ['__proto__', 'constructor'],
      ['', ''],
      ['\uD800', '\uDC00'],
      ['\uFFFD', '\uFFFD']
    ] as const
    for (const [kind, one] of pairs) {
      assert.equal((await registry.put({ kind, name: one, value: `${kind}/${one}` }, 0))?.revision, 1)
    }
    for (const [kind, one] of pairs) assert.equal((await registry.get(kind, one))?.value, `${kind}/${one}`)
  })

  test(`${name}: values handed in and out are copies`, async t => {
    const registry = await make(t)
    const value = { list: [1] }
    const handed = [await registry.put({ kind: 'learner', name: 'a', value }), await registry.get('learner', 'a')]
    for (const copy of [value, ...handed.map(entry => entry?.value)]) (copy as typeof value).list.push(2)
    assert.deepEqual((await registry.get('learner', 'a'))?.value, { list: [1] })
  })
}

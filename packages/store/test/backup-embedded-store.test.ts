import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { backupEmbeddedStore } from '../src/index.ts'
import { keepWhile } from './children.ts'
import { embedded } from './embedded.ts'
import { memoryFolder } from './memory-folder.ts'

test('a copy that is made while another process writes holds all that was acknowledged before', async t => {
  const folder = memoryFolder(t)
  const to = join(memoryFolder(t), 'a', 'backup')
  let before = 0
  await keepWhile({ folder, durability: 'os', acknowledged: 100 }, async acknowledged => {
    before = acknowledged().length
    const copies = await backupEmbeddedStore(folder, to)
    assert.deepEqual(
      copies.map(({ name }) => name),
      ['millrace.db', 'pending.db']
    )
    for (const { name, bytes } of copies) assert.equal(readFileSync(join(to, name)).length, bytes)
  })
  assert.deepEqual(readdirSync(to).toSorted(), ['millrace.db', 'pending.db'])
  const { series, pending } = await embedded(t, { folder: to, pendingLimit: 100_000 })
  const values = (await series.read('endless')) ?? []
  assert.ok(values.length >= before, `${values.length} of ${before}`)
  assert.deepEqual(values.toReversed(), [...values.keys()])
  assert.ok((await pending.count('linear')) >= before)
  const again = { seriesId: 'endless', value: 5, keep: 1_000_000, observationId: 'o5' }
  assert.equal((await series.push(again)).isRepeat, true)
})

test('a copy replaces an earlier one, and what does not exist is not copied', async t => {
  const folder = memoryFolder(t)
  const to = memoryFolder(t)
  assert.deepEqual(await backupEmbeddedStore(folder, to), [])
  const store = await embedded(t, { folder })
  for (const value of [1, 2]) {
    await store.series.push({ seriesId: 's', value, keep: 5 })
    await backupEmbeddedStore(folder, to)
  }
  assert.deepEqual(await (await embedded(t, { folder: to })).series.read('s'), [2, 1])
})

test('a damaged file is found out, and the copy before stays', async t => {
  const folder = memoryFolder(t)
  const to = memoryFolder(t)
  const store = await embedded(t, { folder })
  for (let value = 0; value < 50; value++) {
    await store.series.push({ seriesId: `${value} ${'x'.repeat(500)}`, value, keep: 1 })
  }
  await store.close()
  await backupEmbeddedStore(folder, to)
  const good = readFileSync(join(to, 'millrace.db'))
  const path = join(folder, 'millrace.db')
  const bytes = readFileSync(path)
  bytes.fill(0xff, 4096 * 3, 4096 * 8)
  writeFileSync(path, bytes)
  await assert.rejects(backupEmbeddedStore(folder, to), {
    code: 'MILL_BACKUP_INVALID',
    message: /the copy of .*millrace\.db is not a whole database/
  })
  assert.deepEqual(readFileSync(join(to, 'millrace.db')), good)
  assert.deepEqual(readdirSync(to).toSorted(), ['millrace.db', 'pending.db'])
})

test('files of other programs are refused', async t => {
  const folder = memoryFolder(t)
  const path = join(folder, 'millrace.db')
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE theirs (x)')
  other.close()
  const to = memoryFolder(t)
  await assert.rejects(backupEmbeddedStore(folder, to), { code: 'MILL_STORE_FAILED', message: /another program/ })
  writeFileSync(path, 'no database '.repeat(100))
  const failure = { code: 'MILL_STORE_FAILED', message: /is not a SQLite database/, details: { path } }
  await assert.rejects(backupEmbeddedStore(folder, to), failure)
  assert.deepEqual(readdirSync(to), [])
})

test('a folder that cannot be made is named', async t => {
  const folder = memoryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  await assert.rejects(backupEmbeddedStore(folder, join(folder, 'file')), {
    code: 'MILL_STORE_FAILED',
    message: /a file is in its place/
  })
})

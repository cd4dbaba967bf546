import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { backupEmbeddedStore } from '../src/backup-embedded-store.ts'
import { openEmbeddedStore } from '../src/embedded-store.ts'
import { verifyEmbeddedStore } from '../src/verify-embedded-store.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** The folder of a backup of a store with some thousand values in it. */
async function backedUp(context: TestContext): Promise<string> {
  const folder = temporaryFolder(context)
  const settings = { durability: 'none', idsRemembered: 10_000, pendingTtlMs: 1000, pendingLimit: 10 } as const
  const store = await openEmbeddedStore({ folder, ...settings })
  const pushes = Array.from({ length: 2000 }, (_, index) =>
    store.series.push({ seriesId: 's', value: index, keep: 5, observationId: `observation ${index}` })
  )
  await Promise.all(pushes)
  await store.close()
  const copy = temporaryFolder(context)
  await backupEmbeddedStore(folder, copy)
  return copy
}

test('a whole backup has no problem, and is left as it is', async context => {
  const folder = await backedUp(context)
  const before = readFileSync(join(folder, 'millrace.db'))
  assert.deepEqual(verifyEmbeddedStore(folder), [])
  assert.deepEqual(readFileSync(join(folder, 'millrace.db')), before)
  assert.deepEqual(readdirSync(folder).toSorted(), ['millrace.db', 'pending.db'])
  assert.deepEqual(verifyEmbeddedStore(join(folder, 'nothing')), [])
})

test('damage of every kind is told with the file', async context => {
  const folder = await backedUp(context)
  const path = join(folder, 'millrace.db')
  const whole = readFileSync(path)
  const damage: [Uint8Array, RegExp][] = [
    [whole.subarray(0, 10 * 4096), /^millrace\.db is (damaged|not a whole database): /],
    [Uint8Array.from(whole, (byte, index) => (index >> 12 === 9 ? 0xa5 : byte)), /^millrace\.db is (damaged|not a)/],
    [Buffer.from('this is no database at all, is it?'.repeat(40)), /^millrace\.db is not a whole database: /],
    [new Uint8Array(0), /^millrace\.db is the database of another program$/]
  ]
  for (const [bytes, expected] of damage) {
    writeFileSync(path, bytes)
    const problems = verifyEmbeddedStore(folder)
    assert.equal(problems.length, 1)
    assert.match(problems[0]!, expected)
  }
  writeFileSync(path, whole)
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 1000')
  newer.close()
  assert.deepEqual(verifyEmbeddedStore(folder), ['millrace.db was written by a newer Millrace'])
})

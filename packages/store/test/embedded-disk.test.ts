import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { backupEmbeddedStore, type EmbeddedStore, openEmbeddedStore } from '../src/index.ts'
import { embedded } from './embedded.ts'
import { memoryFolder } from './memory-folder.ts'
import { smallDisk, withoutSmallDisks } from './small-disk.ts'

const failure = { code: 'MILL_STORE_FAILED', message: /could not grow because the disk is full; free some space/ }
const features = new Uint8Array(1000)

/** Make calls, each when the one before is done, until one fails. @returns how many were done */
async function untilFull(call: (turn: number) => Promise<unknown>): Promise<number> {
  for (let turn = 0; turn < 10_000; turn++) {
    try {
      await call(turn)
    } catch (error) {
      assert.throws(() => {
        throw error
      }, failure)
      return turn
    }
  }
  throw new Error('the disk does not fill up')
}

function push({ series }: EmbeddedStore, turn: number) {
  return series.push({ seriesId: 's', value: turn, keep: 10_000, observationId: `${turn} ${'x'.repeat(1000)}` })
}

function put({ pending }: EmbeddedStore, turn: number) {
  const madeAt = Date.now()
  return pending.put({ predictionId: `p${turn}`, learner: 'knn', features, prediction: turn, madeAt })
}

test(
  'a full disk fails calls with nothing stored, reading goes on, and calls work when there is space again',
  {
    skip: withoutSmallDisks
  },
  async t => {
    const disk = smallDisk(t, 8 * 1024 * 1024)
    const store = await embedded(t, { folder: join(disk.folder, 'data'), pendingLimit: 100_000 })
    await push(store, 0)
    await put(store, 0)
    const free = disk.fill()
    const pushed = await untilFull(turn => push(store, 1 + turn))
    const kept = await untilFull(turn => put(store, 1 + turn))
    await assert.rejects(push(store, 1 + pushed), failure)
    await assert.rejects(Promise.all([put(store, 1 + kept), put(store, 2 + kept)]), failure)

    const values = Array.from({ length: 1 + pushed }, (_, index) => index).toReversed()
    assert.deepEqual(await store.series.read('s'), values)
    assert.equal(await store.pending.count('knn'), 1 + kept)
    assert.equal((await push(store, 0)).isRepeat, true)

    free()
    assert.deepEqual((await push(store, 1 + pushed)).earlier, values)
    await put(store, 1 + kept)
    assert.equal(await store.pending.count('knn'), 2 + kept)
  }
)

test(
  'a store on a full disk does not open, and opens when there is space again',
  {
    skip: withoutSmallDisks
  },
  async t => {
    const disk = smallDisk(t, 1024 * 1024)
    const folder = join(disk.folder, 'data')
    mkdirSync(folder)
    const free = disk.fill()
    await assert.rejects(embedded(t, { folder }), { code: 'MILL_STORE_FAILED' })
    free()
    const store = await embedded(t, { folder })
    await push(store, 0)
    assert.deepEqual(await store.series.read('s'), [0])
  }
)

test(
  'a backup that does not fit blames the disk it goes to, however far it gets',
  { skip: withoutSmallDisks },
  async t => {
    const folder = memoryFolder(t)
    const store = await embedded(t, { folder })
    await push(store, 0)
    await put(store, 0)
    let fits = 0
    for (let bytes = 16_384; fits < 1; bytes += 16_384) {
      const disk = smallDisk(t, bytes)
      try {
        await backupEmbeddedStore(folder, join(disk.folder, 'backup'))
        fits = bytes
      } catch (error) {
        assert.ok(error instanceof MillraceError)
        assert.equal(error.code, 'MILL_STORE_FAILED')
        assert.match(error.message, new RegExp(`^database ${disk.folder}/.* (has room|is full)`))
      }
    }
    assert.ok(fits > 16_384)
  }
)

test('a store on a read-only disk does not open, and says so', { skip: withoutSmallDisks }, async t => {
  const disk = smallDisk(t, 8 * 1024 * 1024)
  const folder = join(disk.folder, 'data')
  const options = { durability: 'fsync', idsRemembered: 10, pendingTtlMs: 1000, pendingLimit: 10 } as const
  const before = await openEmbeddedStore({ folder, ...options })
  await push(before, 0)
  await before.close()
  disk.setReadOnly(true)
  await assert.rejects(embedded(t, { folder }), {
    code: 'MILL_STORE_FAILED',
    message: /millrace\.db (is read-only|could not be opened)/
  })
  const missing = join(disk.folder, 'missing')
  await assert.rejects(embedded(t, { folder: missing }), {
    code: 'MILL_STORE_FAILED',
    message: /needs the folder .*the file system may be read-only/
  })
  disk.setReadOnly(false)
  assert.deepEqual(await (await embedded(t, { folder })).series.read('s'), [0])
})

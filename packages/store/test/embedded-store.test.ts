import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setImmediate } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import type { Worker } from 'node:worker_threads'
import { MillraceError } from '@millrace/common'
import { threadSettings } from '../src/embedded-store.ts'
import { durabilities, type EmbeddedStoreOptions, openEmbeddedStore, type PendingPrediction } from '../src/index.ts'
import { embedded } from './embedded.ts'
import { memoryFolder } from './memory-folder.ts'

const options = { durability: 'os', idsRemembered: 10, pendingTtlMs: 1000, pendingLimit: 10 } as const

function pushOf(value: number) {
  return { seriesId: 's', value, keep: 5 }
}

function prediction(predictionId: string): PendingPrediction {
  return { predictionId, learner: 'knn', features: new Uint8Array([1]), prediction: 2, madeAt: Date.now() }
}

test('makes the folders on the way', async t => {
  const folder = join(memoryFolder(t), 'a', 'b')
  await embedded(t, { folder })
  assert.ok(existsSync(join(folder, 'millrace.db')) && existsSync(join(folder, 'pending.db')))
})

/** Asserts that the store does not open, as the synchronous database would not. */
async function doesNotOpen(folder: string, path: string, says: RegExp): Promise<void> {
  await assert.rejects(openEmbeddedStore({ ...options, folder }), (error: unknown) => {
    assert.ok(error instanceof MillraceError, String(error))
    assert.equal(error.code, 'MILL_STORE_FAILED')
    assert.match(error.message, says)
    assert.deepEqual(error.details, { path })
    return true
  })
}

for (const name of ['millrace.db', 'pending.db']) {
  test(`says what is wrong with a file that cannot be opened: ${name}`, async t => {
    const folder = memoryFolder(t)
    const path = join(folder, name)
    writeFileSync(path, 'input,target\n1949-01,112\n'.repeat(100))
    await doesNotOpen(folder, path, /is not a SQLite database/)
    writeFileSync(path, '')
    const newer = new DatabaseSync(path)
    newer.exec('CREATE TABLE theirs (x)')
    newer.close()
    await doesNotOpen(folder, path, /belongs to another program/)
  })
}

test('says what is wrong with the folder', async t => {
  const folder = memoryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  const path = join(folder, 'file', 'millrace.db')
  await doesNotOpen(join(folder, 'file'), path, /needs the folder .*a file is in its place/)
})

test('refuses options that are none, and makes no file', async t => {
  const folder = join(memoryFolder(t), 'new')
  const bad: Partial<EmbeddedStoreOptions>[] = [
    { idsRemembered: 0 },
    { pendingTtlMs: 1.5 },
    { pendingLimit: -1 },
    { busyTimeoutMs: -1 },
    { waitingLimit: 0 }
  ]
  for (const wrong of bad) {
    await assert.rejects(openEmbeddedStore({ ...options, folder, ...wrong }), { code: 'MILL_OPTION_INVALID' })
  }
  assert.ok(!existsSync(folder))
})

test('each write reaches the disk before its answer with fsync alone', () => {
  const synchronous = durabilities.map(durability => {
    return [durability, threadSettings({ ...options, folder: 'x', durability }).synchronous]
  })
  assert.deepEqual(synchronous, [
    ['fsync', 'FULL'],
    ['os', 'NORMAL'],
    ['none', 'NORMAL']
  ])
})

test('what was kept is there after closing and opening again', async t => {
  const folder = memoryFolder(t)
  const before = await embedded(t, { folder })
  for (const seriesId of ['a', '\uD800', 'b', 'a']) {
    await before.series.push({ seriesId, value: -0, keep: 5, observationId: 'x' })
  }
  for (let turn = 0; turn < 3; turn++) await before.cursors.advance('s', 10)
  await before.cursors.reset('s')
  await before.cursors.advance('s', 10)
  await before.pending.put(prediction('p'))
  await before.registry.put({ kind: 'learner', name: 'a', value: [1] })
  await before.close()
  const { series, cursors, pending, registry } = await embedded(t, { folder })
  assert.deepEqual(await series.read('a'), [-0])
  assert.equal((await series.push({ seriesId: 'a', value: -0, keep: 5, observationId: 'x' })).isRepeat, true)
  assert.deepEqual(
    (await series.list(3)).map(({ seriesId }) => seriesId),
    ['b', '\uD800', 'a']
  )
  assert.deepEqual(await cursors.advance('s', 10), { index: 1, round: 1 })
  assert.equal((await pending.get('knn', 'p', Date.now()))?.prediction, 2)
  assert.deepEqual(await registry.list('learner'), [{ kind: 'learner', name: 'a', value: [1], revision: 1 }])
})

test('calls under way are finished by a close, later ones fail', async t => {
  const folder = memoryFolder(t)
  const store = await embedded(t, { folder })
  const pushed = Promise.all([1, 2, 3].map(value => store.series.push(pushOf(value))))
  const closed = store.close()
  const failure = { code: 'MILL_STORE_FAILED', message: /millrace\.db is closed; open it again/ }
  await assert.rejects(store.series.push(pushOf(4)), failure)
  await closed
  await store.close()
  assert.equal((await pushed).length, 3)
  await assert.rejects(store.series.read('s'), failure)
  await assert.rejects(store.pending.count('knn'), failure)
  assert.ok(!existsSync(join(folder, 'millrace.db-wal')), 'the last to close takes the log into the file')
  const again = await embedded(t, { folder })
  assert.deepEqual(await again.series.read('s'), [3, 2, 1])
})

test('two stores on one folder see each other at once', async t => {
  const folder = memoryFolder(t)
  const [one, other] = [await embedded(t, { folder }), await embedded(t, { folder })]
  await one.series.push(pushOf(1))
  assert.deepEqual((await other.series.push(pushOf(2))).earlier, [1])
  assert.deepEqual(await one.series.read('s'), [2, 1])
  await one.pending.put(prediction('p'))
  assert.equal(await other.pending.count('knn'), 1)
})

/** Another program that holds the write lock of a file until it is told to let go. */
function lockHolder(context: TestContext, path: string): { release(): void } {
  const holder = new DatabaseSync(path)
  context.after(() => holder.close())
  holder.exec('BEGIN IMMEDIATE')
  return { release: () => holder.exec('ROLLBACK') }
}

test('while another process holds the lock, this thread goes on, reads are answered and pending predictions kept', async t => {
  const folder = memoryFolder(t)
  const { series, pending } = await embedded(t, { folder })
  await series.push(pushOf(1))
  const holder = lockHolder(t, join(folder, 'millrace.db'))
  let isPushed = false
  const pushed = series.push(pushOf(2)).then(result => {
    isPushed = true
    return result
  })
  await setImmediate()
  assert.deepEqual(await series.read('s'), [1])
  await pending.put(prediction('p'))
  assert.equal(await pending.count('knn'), 1)
  assert.ok(!isPushed)
  holder.release()
  assert.deepEqual((await pushed).earlier, [1])
})

test('a lock held for longer than the busy timeout fails the call and opening', async t => {
  const folder = memoryFolder(t)
  const { series } = await embedded(t, { folder, busyTimeoutMs: 0 })
  await series.push(pushOf(1))
  const path = join(folder, 'millrace.db')
  const holder = lockHolder(t, path)
  const failure = { code: 'MILL_STORE_FAILED', message: /is locked by another program/, details: { path } }
  await assert.rejects(series.push(pushOf(2)), failure)
  await assert.rejects(openEmbeddedStore({ ...options, folder, busyTimeoutMs: 0 }), failure)
  assert.deepEqual(await series.read('s'), [1])
  holder.release()
  assert.deepEqual((await series.push(pushOf(3))).earlier, [1])
})

test('calls beyond the limit are refused with nothing stored, and those before them are made', async t => {
  const store = await embedded(t, { waitingLimit: 3 })
  const pushes = [1, 2, 3, 4, 5].map(value => store.series.push(pushOf(value)))
  assert.equal(store.waiting, 3)
  const outcomes = await Promise.allSettled(pushes)
  assert.deepEqual(
    outcomes.map(outcome => (outcome.status === 'fulfilled' ? 'stored' : outcome.reason.code)),
    ['stored', 'stored', 'stored', 'MILL_OVERLOADED', 'MILL_OVERLOADED']
  )
  assert.deepEqual(await store.series.read('s'), [3, 2, 1])
  assert.equal(store.waiting, 0)
})

test('a conflict and an invalid call leave those beside them alone', async t => {
  const { series } = await embedded(t)
  const outcomes = await Promise.allSettled([
    series.push({ ...pushOf(1), observationId: 'x' }),
    series.push({ ...pushOf(2), observationId: 'x' }),
    series.push({ ...pushOf(3), keep: 0 }),
    series.push({ ...pushOf(4), observationId: 'y' })
  ])
  assert.deepEqual(
    outcomes.map(outcome => (outcome.status === 'fulfilled' ? outcome.value.earlier : outcome.reason.code)),
    [[], 'MILL_ID_CONFLICT', 'MILL_OPTION_INVALID', [1]]
  )
})

/** Collects the threads that are started from now on. */
function threads(context: TestContext): Worker[] {
  const started: Worker[] = []
  const listener = (worker: Worker): void => void started.push(worker)
  process.on('worker', listener)
  context.after(() => process.off('worker', listener))
  return started
}

test('a thread that ends unexpectedly fails the calls that wait, and the next call starts another', async t => {
  const started = threads(t)
  const folder = memoryFolder(t)
  const { series } = await embedded(t, { folder })
  await series.push(pushOf(1))
  const waiting = [series.push(pushOf(2)), series.read('s')]
  const lost = { code: 'MILL_STORE_FAILED', message: /millrace\.db lost the thread that works on it; try again/ }
  const failed = Promise.all(waiting.map(call => assert.rejects(call, lost)))
  await started[0]!.terminate()
  await failed
  assert.equal((await series.push(pushOf(3))).earlier.at(-1), 1)
  assert.equal(started.length, 2)
})

test('pushes that are repeated until they succeed are stored once, however often the thread ends', async t => {
  const started = threads(t)
  const { series } = await embedded(t)
  async function pushUntilStored(value: number): Promise<void> {
    for (;;) {
      try {
        await series.push({ seriesId: 's', value, keep: 1000, observationId: `o${value}` })
        return
      } catch (error) {
        assert.equal((error as MillraceError).code, 'MILL_STORE_FAILED')
      }
    }
  }
  for (let round = 0; round < 5; round++) {
    const values = Array.from({ length: 100 }, (_, index) => round * 100 + index)
    const stored = values.map(pushUntilStored)
    // Some are stored by then, and perhaps not yet answered.
    await stored[round * 20]
    await started.at(-1)!.terminate()
    await Promise.all(stored)
  }
  const kept = (await series.read('s')) ?? []
  assert.deepEqual(
    kept.toSorted((a, b) => a - b),
    [...Array(500).keys()]
  )
  assert.ok(started.length > 1)
})

test('when the thread cannot be started again, calls say why, and work once that is mended', async t => {
  const started = threads(t)
  const folder = memoryFolder(t)
  const { series } = await embedded(t, { folder })
  await series.push(pushOf(1))
  const path = join(folder, 'millrace.db')
  await started[0]!.terminate()
  const good = readFileSync(path)
  writeFileSync(path, 'something else'.repeat(1000))
  const failure = { code: 'MILL_STORE_FAILED', message: /is not a SQLite database/ }
  await assert.rejects(series.push(pushOf(2)), failure)
  // Asked again at once, it does not start a thread for each call.
  await assert.rejects(series.push(pushOf(2)), failure)
  assert.equal(started.length, 2)
  writeFileSync(path, good)
  // Later.
  t.mock.method(performance, 'now', () => Infinity)
  assert.deepEqual((await series.push(pushOf(2))).earlier, [1])
})

test('an open store does not keep the process alive', async t => {
  const folder = memoryFolder(t)
  const script = join(folder, 'script.mjs')
  const store = new URL('../src/index.ts', import.meta.url).href
  writeFileSync(
    script,
    `import { openEmbeddedStore } from ${JSON.stringify(store)}
     const { series } = await openEmbeddedStore(${JSON.stringify({ ...options, folder })})
     await series.push({ seriesId: 's', value: 1, keep: 1 })
     void series.push({ seriesId: 's', value: 2, keep: 2 })`
  )
  const [code] = await once(fork(script), 'exit')
  assert.equal(code, 0)
  // What was under way kept it alive until it was done.
  assert.deepEqual(await (await embedded(t, { folder })).series.read('s'), [2, 1])
})

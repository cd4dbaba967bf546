import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { createSnapshotter, type SnapshotRunner, type SnapshotWatch } from '../src/learning/snapshotter.ts'
import type { SnapshotJob, SnapshotReport } from '../src/learning/take-snapshot.ts'
import { FakeTime, memoryLog } from './learner-setup.ts'

/** A runner whose jobs end when they are told to. */
function heldRunner() {
  const started: SnapshotJob[] = []
  const ends: PromiseWithResolvers<SnapshotReport | undefined>[] = []
  const runner: SnapshotRunner = {
    run(job) {
      started.push(job)
      const end = Promise.withResolvers<SnapshotReport | undefined>()
      ends.push(end)
      return end.promise
    },
    async close() {
      for (const end of ends.splice(0)) end.reject(new Error('closed'))
    }
  }
  return {
    runner,
    started,
    async succeed(bytes = 100) {
      const sequence = started[started.length - ends.length]!.upTo
      ends.shift()!.resolve({ sequence, bytes, digest: '', replayMs: 1, checkMs: 1, writeMs: 1 })
      await settled()
    },
    async fail() {
      ends.shift()!.reject(new MillraceError('MILL_STORE_FAILED', 'disk full'))
      await settled()
    }
  }
}

/** Everything that promises have to do is done. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

function setUp(options: { bytes?: number; intervalMs?: number } = {}) {
  const time = new FakeTime()
  const held = heldRunner()
  const log = memoryLog()
  const snapshotter = createSnapshotter({
    runner: held.runner,
    bytes: options.bytes ?? 1000,
    intervalMs: options.intervalMs ?? 60_000,
    retentionBytes: 7,
    log,
    after: time.after
  })
  const watch = (learner: string, newest = { sequence: 0, bytes: 0 }) => {
    const writer = { lastSequence: newest.sequence, bytesWritten: 0 }
    const watched = snapshotter.watch({ learner, folder: `/journal/${learner}`, writer, newest })
    return {
      watch: watched,
      write(records: number, bytes: number) {
        writer.lastSequence += records
        writer.bytesWritten += bytes
        watched.poke()
      }
    }
  }
  return { time, log, snapshotter, watch, ...held }
}

test('a snapshot is taken once enough bytes have come, of all that is committed by then', async () => {
  const { watch, started, succeed } = setUp()
  const one = watch('one')
  one.write(5, 999)
  await settled()
  assert.deepEqual(started, [])
  one.write(1, 1)
  await settled()
  assert.deepEqual(started, [{ folder: '/journal/one', upTo: 6, retentionBytes: 7 }])
  assert.equal(one.watch.sequence, 0)
  await succeed()
  assert.equal(one.watch.sequence, 6)
  assert.deepEqual(one.watch.counts, { taken: 1, failed: 0 })
})

test('what comes while one is under way counts towards the next', async () => {
  const { watch, started, succeed } = setUp()
  const one = watch('one')
  one.write(1, 1000)
  await settled()
  one.write(10, 1500)
  await settled()
  assert.equal(started.length, 1)
  await succeed()
  one.write(1, 1)
  await settled()
  assert.deepEqual(
    started.map(({ upTo }) => upTo),
    [1, 12]
  )
})

test('a large state waits for a quarter of its size in records', async () => {
  const { watch, started, succeed } = setUp()
  const one = watch('one', { sequence: 10, bytes: 8000 })
  one.write(1, 1999)
  await settled()
  assert.equal(started.length, 0)
  one.write(1, 1)
  await settled()
  assert.equal(started.length, 1)
  await succeed(40_000)
  one.write(1, 9999)
  await settled()
  assert.equal(started.length, 1)
  one.write(1, 1)
  await settled()
  assert.equal(started.length, 2)
})

test('a snapshot is taken after a time if anything was learned, and not if nothing was', async () => {
  const { time, watch, started, succeed } = setUp({ intervalMs: 60_000 })
  const one = watch('one')
  time.pass(600_000)
  await settled()
  assert.deepEqual(started, [])
  one.write(1, 10)
  time.pass(60_000)
  await settled()
  assert.deepEqual(
    started.map(({ upTo }) => upTo),
    [1]
  )
  await succeed()
  time.pass(59_999)
  one.write(1, 10)
  await settled()
  assert.equal(started.length, 1)
  time.pass(1)
  await settled()
  assert.equal(started.length, 2)
})

test('of all learners of a process one has its turn at a time', async () => {
  const { watch, started, succeed } = setUp()
  const [one, other] = [watch('one'), watch('other')]
  one.write(1, 1000)
  other.write(2, 1000)
  await settled()
  assert.deepEqual(
    started.map(({ folder }) => folder),
    ['/journal/one']
  )
  other.write(3, 10)
  await succeed()
  assert.deepEqual(
    started.map(({ folder, upTo }) => [folder, upTo]),
    [
      ['/journal/one', 1],
      ['/journal/other', 5]
    ]
  )
})

test('one that fails is counted, logged and tried again later and later, whatever comes meanwhile', async () => {
  const { time, log, watch, started, fail, succeed } = setUp()
  const one = watch('one')
  one.write(1, 1000)
  await settled()
  for (const waitMs of [1000, 2000, 4000, 8000]) {
    await fail()
    one.write(1, 5000)
    time.pass(waitMs - 1)
    await settled()
    const before = started.length
    time.pass(1)
    await settled()
    assert.equal(started.length, before + 1)
  }
  assert.deepEqual(one.watch.counts, { taken: 0, failed: 4 })
  await succeed()
  assert.deepEqual(one.watch.counts, { taken: 1, failed: 4 })
  assert.deepEqual(log.said, [
    ...Array<string>(4).fill('a snapshot could not be taken; the learner goes on without'),
    'snapshot taken'
  ])
  one.write(1, 1000)
  await settled()
  assert.equal(started.length, 6)
})

test('the wait after failures stays below five minutes', async () => {
  const { time, watch, started, fail } = setUp()
  watch('one').write(1, 1000)
  await settled()
  for (let round = 0; round < 30; round++) {
    await fail()
    time.pass(300_000)
    await settled()
    assert.equal(started.length, round + 2)
  }
})

test('closing one learner waits for its snapshot, and nothing follows', async () => {
  const { time, watch, started, succeed } = setUp()
  const one = watch('one')
  one.write(1, 1000)
  await settled()
  let isClosed = false
  const closed = one.watch.close().then(() => (isClosed = true))
  await settled()
  assert.equal(isClosed, false)
  await succeed()
  await closed
  one.write(1, 5000)
  time.pass(1e9)
  await settled()
  assert.equal(started.length, 1)
})

test('closing all gives up what is under way and what waits, without a word', async () => {
  const { log, watch, snapshotter, started } = setUp()
  const watched: { watch: SnapshotWatch; write(records: number, bytes: number): void }[] = [
    watch('one'),
    watch('other')
  ]
  for (const each of watched) each.write(1, 1000)
  await settled()
  await snapshotter.close()
  await Promise.all(watched.map(each => each.watch.close()))
  assert.equal(started.length, 1)
  assert.deepEqual(log.said, [])
})

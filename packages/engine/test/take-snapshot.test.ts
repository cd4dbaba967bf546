import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { threadId } from 'node:worker_threads'
import { openJournalReader, openJournalWriter } from '@millrace/store'
import { openLearner } from '../src/learning/open-learner.ts'
import { restoreMachine } from '../src/learning/restore-machine.ts'
import type { ServedLearner } from '../src/learning/served-learner.ts'
import { snapshotThread } from '../src/learning/snapshot-thread.ts'
import { createSnapshotter } from '../src/learning/snapshotter.ts'
import { stateDigest, takeSnapshot } from '../src/learning/take-snapshot.ts'
import { learnerOptions, memoryLog, temporaryFolder } from './learner-setup.ts'

async function learnerIn(folder: string, context: TestContext): Promise<ServedLearner> {
  const journal = await openJournalWriter(folder, { durability: 'fsync', segmentBytes: 4096 })
  const learner = await openLearner({ ...learnerOptions({ name: 'knn_regressor' }), journal })
  context.after(() => learner.close())
  return learner
}

async function teach(learner: ServedLearner, from: number, to: number): Promise<void> {
  const rows = Array.from({ length: to - from }, (_, index) => from + index)
  await learner.learnMany(
    rows.map(row => ({ features: { a: row % 17, b: row % 5 }, target: row % 7, observationId: `${row}` }))
  )
}

test('a snapshot holds the state of all records up to the one asked for, and no more', async context => {
  const folder = temporaryFolder(context)
  await teach(await learnerIn(folder, context), 0, 300)
  const reader = openJournalReader(folder)
  const report = takeSnapshot({ folder, upTo: 201, retentionBytes: 2 ** 30 })
  const alone = restoreMachine({ ...reader, snapshots: () => [] }, { upTo: 201 }).machine!
  assert.equal(report!.sequence, 201)
  assert.deepEqual(reader.readSnapshot(201), Buffer.from(alone.toState()))
  assert.equal(report!.bytes, alone.toState().length)
  assert.equal(report!.digest, createHash('sha256').update(alone.toState()).digest('hex'))
  assert.equal(report!.digest, stateDigest(alone))
  assert.deepEqual(
    reader.snapshots().map(({ sequence }) => sequence),
    [201]
  )
})

test('the next one starts from the one before, and comes to the same bytes', async context => {
  const folder = temporaryFolder(context)
  const learner = await learnerIn(folder, context)
  for (let round = 0; round < 4; round++) {
    await teach(learner, 100 * round, 100 * round + 100)
    takeSnapshot({ folder, upTo: learner.health().sequence, retentionBytes: 2 ** 30 })
  }
  const reader = openJournalReader(folder)
  const restored = restoreMachine(reader)
  assert.equal(restored.snapshotSequence, 401)
  const alone = restoreMachine({ ...reader, snapshots: () => [] })
  assert.deepEqual(restored.machine!.toState(), alone.machine!.toState())
})

test('nothing new makes no snapshot', async context => {
  const folder = temporaryFolder(context)
  await teach(await learnerIn(folder, context), 0, 50)
  assert.notEqual(takeSnapshot({ folder, upTo: 51, retentionBytes: 0 }), undefined)
  assert.equal(takeSnapshot({ folder, upTo: 51, retentionBytes: 0 }), undefined)
  assert.equal(takeSnapshot({ folder: join(folder, 'empty'), upTo: 51, retentionBytes: 0 }), undefined)
})

test('what no snapshot needs is pruned, so that the learner can still be restored from the second newest', async context => {
  const folder = temporaryFolder(context)
  const learner = await learnerIn(folder, context)
  for (let round = 0; round < 5; round++) {
    await teach(learner, 100 * round, 100 * round + 100)
    takeSnapshot({ folder, upTo: learner.health().sequence, retentionBytes: 0 })
  }
  const reader = openJournalReader(folder)
  const kept = reader.snapshots().map(({ sequence }) => sequence)
  assert.deepEqual(kept, [501, 401])
  assert.ok(reader.firstSequence() > 1)
  const newest = join(
    folder,
    readdirSync(folder).find(name => name.endsWith('501.snapshot'))!
  )
  const expected = restoreMachine(reader).machine!.toState()
  writeFileSync(newest, readFileSync(newest).subarray(0, -1))
  const restored = restoreMachine(reader)
  assert.equal(restored.snapshotSequence, 401)
  assert.deepEqual(restored.machine!.toState(), expected)
})

test('a thread takes snapshots while the learner learns, and what it says comes back', async context => {
  const folder = temporaryFolder(context)
  const log = memoryLog()
  const runner = snapshotThread()
  const snapshotter = createSnapshotter({ runner, bytes: 2000, intervalMs: 1e9, retentionBytes: 0, log })
  context.after(() => snapshotter.close())
  const options = learnerOptions({ name: 'knn_regressor', log })
  const journal = await openJournalWriter(folder, { durability: 'os' })
  const learner = await openLearner({ ...options, journal, snapshots: { snapshotter, folder } })
  // However fast or slow the thread is: the learner learns on until two are taken.
  for (let row = 0; learner.counts().snapshots.taken < 2; row += 10) await teach(learner, row, row + 10)
  const { sequence, snapshotSequence } = learner.health()
  assert.ok(snapshotSequence > 0 && snapshotSequence <= sequence)
  const before = learner.metrics()
  await learner.close()
  const again = await openLearner({ ...options, journal: await openJournalWriter(folder, { durability: 'os' }) })
  context.after(() => again.close())
  assert.ok(again.health().snapshotSequence >= snapshotSequence)
  assert.deepEqual(again.metrics(), before)
})

test('a thread tells what failed by its code', async context => {
  const folder = temporaryFolder(context)
  await teach(await learnerIn(folder, context), 0, 300)
  const runner = snapshotThread()
  context.after(() => runner.close())
  const [segment] = readdirSync(folder)
    .filter(name => name.endsWith('.segment'))
    .toSorted()
  const path = join(folder, segment!)
  writeFileSync(path, readFileSync(path).fill(0xff, 200, 260))
  await assert.rejects(runner.run({ folder, upTo: 301, retentionBytes: 0 }), { code: 'MILL_JOURNAL_DAMAGED' })
})

test('a thread that is closed while it works fails the job', async context => {
  const folder = temporaryFolder(context)
  await teach(await learnerIn(folder, context), 0, 300)
  const runner = snapshotThread()
  const job = assert.rejects(runner.run({ folder, upTo: 301, retentionBytes: 0 }), /has ended/)
  await runner.close()
  await job
})

test('one that cannot be written fails alone: the learner goes on, and older ones stay', async context => {
  const folder = temporaryFolder(context)
  const learner = await learnerIn(folder, context)
  await teach(learner, 0, 100)
  takeSnapshot({ folder, upTo: 101, retentionBytes: 0 })
  const name = readdirSync(folder).find(each => each.endsWith('.snapshot'))!
  // A folder is in the way of the file.
  mkdirSync(join(folder, `${name.replace('101', '201')}.${process.pid}.${threadId}.tmp`))
  await teach(learner, 100, 200)
  assert.throws(() => takeSnapshot({ folder, upTo: 201, retentionBytes: 0 }))
  await teach(learner, 200, 250)
  const { machine, snapshotSequence } = restoreMachine(openJournalReader(folder))
  assert.equal(snapshotSequence, 101)
  assert.deepEqual(machine!.metrics(), learner.metrics())
})

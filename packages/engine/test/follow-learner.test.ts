import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import {
  type Durability,
  memoryJournal,
  openJournalReader,
  openJournalWriter,
  pruneJournal,
  type JournalReader
} from '@millrace/store'
import { followLearner } from '../src/learning/follow-learner.ts'
import type { LearnerOptions } from '../src/learning/learner-options.ts'
import { openLearner } from '../src/learning/open-learner.ts'
import type { ServedLearner } from '../src/learning/served-learner.ts'
import { takeSnapshot } from '../src/learning/take-snapshot.ts'
import { FakeTime, learnerOptions, memoryLearner, memoryLog, temporaryFolder } from './learner-setup.ts'

const pollMs = 100

/** A follower whose time is moved by hand. */
async function follower(reader: JournalReader, more: Partial<LearnerOptions> = {}) {
  const time = new FakeTime()
  const log = memoryLog()
  const learner = await followLearner({
    ...learnerOptions({ log, now: time.now, after: time.after, ...more }),
    reader,
    pollMs
  })
  return { learner, log, poll: (times = 1) => time.pass(times * pollMs), time }
}

async function writerIn(
  folder: string,
  context: TestContext,
  role: 'writer' | 'takeover' = 'writer',
  durability: Durability = 'os'
): Promise<ServedLearner> {
  const journal = await openJournalWriter(folder, { durability, role, segmentBytes: 4096 })
  const learner = await openLearner({ ...learnerOptions(), journal })
  context.after(() => learner.close())
  return learner
}

const rows = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ features: { a: (from + index) % 17 }, target: index % 7 }))

test('a follower predicts what the writer does, once it has looked', async () => {
  const journal = memoryJournal()
  const writer = await memoryLearner({}, journal)
  await writer.learnMany(rows(0, 50))
  const { learner, poll } = await follower(journal.reader)
  assert.equal(learner.predict({ a: 3 }), writer.predict({ a: 3 }))
  assert.deepEqual(learner.metrics(), writer.metrics())
  await writer.learnMany(rows(50, 90))
  assert.equal(learner.health().sequence, 51)
  poll()
  assert.deepEqual(learner.metrics(), writer.metrics())
  assert.deepEqual(learner.health(), { role: 'reader', sequence: 91, snapshotSequence: 0, problem: undefined })
  await learner.close()
  await writer.learn({ features: {}, target: 1 })
  poll(10)
  assert.equal(learner.health().sequence, 91)
})

test('a follower refuses to learn', async () => {
  const { learner } = await follower(memoryJournal().reader)
  for (const refused of [
    learner.learn({ features: {}, target: 1 }),
    learner.learnMany([]),
    learner.label({ predictionId: 'x', actual: 1 })
  ]) {
    await assert.rejects(refused, { code: 'MILL_NOT_WRITER' })
  }
})

test('a follower keeps its predictions for labels that come to the writer', async () => {
  const journal = memoryJournal()
  const { pending } = learnerOptions()
  const writer = await memoryLearner({ pending }, journal)
  const { learner } = await follower(journal.reader, { pending })
  const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
  const now = await memoryLearner({ pending, now: () => 1_700_000_000_000 }, journal)
  assert.deepEqual(await now.label({ predictionId, actual: 4 }), { prediction: 0, isRepeat: false })
  assert.equal(writer.id, learner.id)
})

test('a journal that is still empty makes a learner that has learned nothing', async () => {
  const journal = memoryJournal()
  const { learner, poll } = await follower(journal.reader)
  assert.equal(learner.predict({ a: 1 }), 0)
  assert.equal(learner.health().sequence, 0)
  const writer = await memoryLearner({}, journal)
  await writer.learn({ features: {}, target: 130 })
  poll()
  assert.equal(learner.predict({}), 2.6)
  assert.equal(learner.health().sequence, 2)
})

test('a journal made by another learner is refused', async () => {
  const journal = memoryJournal()
  await memoryLearner({ name: 'amf_regressor' }, journal)
  await assert.rejects(follower(journal.reader), { code: 'MILL_CONFIG_INVALID' })
})

test('a follower goes over to the next writer, and drops what that one made void', async context => {
  const folder = temporaryFolder(context)
  const first = await writerIn(folder, context)
  await first.learnMany(rows(0, 30))
  const { learner, poll, log } = await follower(openJournalReader(folder))
  assert.equal(learner.health().sequence, 31)
  const second = await writerIn(folder, context, 'takeover')
  await assert.rejects(first.learn({ features: { a: 100 }, target: 100 }), { code: 'MILL_WRITER_FENCED' })
  await second.learnMany(rows(30, 60))
  poll(3)
  assert.equal(learner.health().sequence, 61)
  assert.deepEqual(learner.metrics(), second.metrics())
  assert.equal(learner.health().problem, undefined)
  assert.ok(log.said.length <= 1)
})

test('a follower that falls behind what was pruned begins again with the newest snapshot', async context => {
  const folder = temporaryFolder(context)
  const writer = await writerIn(folder, context)
  await writer.learnMany(rows(0, 30))
  const { learner, poll, log } = await follower(openJournalReader(folder))
  for (let round = 1; round <= 10; round++) await writer.learnMany(rows(30, 330))
  for (const upTo of [2000, 3000]) takeSnapshot({ folder, upTo, retentionBytes: 0 })
  pruneJournal(folder, { retentionBytes: 0 })
  assert.ok(openJournalReader(folder).firstSequence() > 32)
  poll()
  assert.deepEqual(learner.metrics(), writer.metrics())
  assert.equal(learner.health().snapshotSequence, 3000)
  assert.deepEqual(log.said, ['the journal is followed from its newest snapshot on'])
})

test('a journal that cannot be read leaves the follower as it is, looked at again later and later', async () => {
  const journal = memoryJournal()
  const writer = await memoryLearner({}, journal)
  let failure: unknown
  let polls = 0
  const reader: JournalReader = {
    ...journal.reader,
    tail(from) {
      const tail = journal.reader.tail(from)
      return {
        close: () => tail.close(),
        poll() {
          polls++
          if (failure !== undefined) throw failure
          return tail.poll()
        }
      }
    }
  }
  const { learner, log, time } = await follower(reader)
  await writer.learn({ features: {}, target: 130 })
  failure = new MillraceError('MILL_STORE_FAILED', 'the disk is gone')
  time.pass(100 + 200 + 400 + 800)
  assert.equal(polls, 4)
  assert.equal(learner.predict({}), 0)
  assert.equal(learner.health().problem, 'the disk is gone')
  failure = undefined
  time.pass(1600)
  assert.equal(learner.predict({}), 2.6)
  assert.equal(learner.health().problem, undefined)
  assert.deepEqual(log.said, ['the journal cannot be followed', 'the journal is followed again'])
})

test('a record that is none of the learner stops the following, and never counts half', async () => {
  const journal = memoryJournal()
  const writer = await memoryLearner({}, journal)
  const { learner, poll } = await follower(journal.reader)
  await writer.learn({ features: {}, target: 130 })
  journal.writer.append([Uint8Array.of(9)], { committed() {}, failed: assert.fail })
  poll(50)
  assert.match(learner.health().problem ?? '', /record 3|not a record/)
  assert.equal(learner.health().sequence, 2)
  assert.equal(learner.metrics().count, 1)
})

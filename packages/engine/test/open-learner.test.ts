import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type AppendListener, memoryJournal, memoryPendingStore, openJournalWriter } from '@millrace/store'
import { LearnRecordCodec } from '../src/learning/learn-record.ts'
import { LearnerMachine } from '../src/learning/learner-machine.ts'
import { openLearner } from '../src/learning/open-learner.ts'
import { restoreMachine } from '../src/learning/restore-machine.ts'
import type { Learned, ServedLearner } from '../src/learning/served-learner.ts'
import { learnerOptions, memoryLearner, memoryLog, temporaryFolder } from './learner-setup.ts'

const recordsIn = ({ reader }: Pick<ReturnType<typeof memoryJournal>, 'reader'>): number =>
  [...reader.records(1)].length
const codeOf = (answer: unknown): unknown => (answer instanceof MillraceError ? answer.code : answer)

/** A journal that commits, or fails, when it is told to. */
function heldJournal() {
  const { reader, writer } = memoryJournal()
  const waiting: { payloads: readonly Uint8Array[]; listener: AppendListener }[] = []
  let isHeld = false
  return {
    reader,
    writer: {
      ...writer,
      get lastSequence() {
        return writer.lastSequence
      },
      get problem() {
        return writer.problem
      },
      append(payloads: readonly Uint8Array[], listener: AppendListener) {
        if (isHeld) waiting.push({ payloads, listener })
        else writer.append(payloads, listener)
      },
      flush: () => writer.flush(),
      close: () => writer.close()
    },
    hold: () => void (isHeld = true),
    commit: () => waiting.splice(0).forEach(({ payloads, listener }) => writer.append(payloads, listener)),
    fail: (error: unknown) => waiting.splice(0).forEach(({ listener }) => listener.failed(error))
  }
}

describe('learning', () => {
  test('answers the prediction made before, and begins the journal with the settings', async () => {
    const journal = memoryJournal()
    const learner = await memoryLearner({}, journal)
    assert.deepEqual(await learner.learn({ features: { in_1: 125 }, target: 130 }), { prediction: 0, isRepeat: false })
    // The first row scales to zeros, so only the intercept moves: by 0.01 · 2 · 130 = 2.6.
    assert.deepEqual(await learner.learn({ features: { in_1: 130 }, target: 140 }), {
      prediction: 2.6,
      isRepeat: false
    })
    const kinds = [...journal.reader.records(1)].map(({ payload }) => new LearnRecordCodec().decode(payload).kind)
    assert.deepEqual(kinds, ['settings', 'observation', 'observation'])
    assert.deepEqual(learner.health(), { role: 'writer', sequence: 3, snapshotSequence: 0, problem: undefined })
  })

  test('stays within its memory however many ids it is to remember, and tells how many it does', async () => {
    const log = memoryLog()
    const journal = memoryJournal()
    const limits = { featureNames: 100, memoryBytes: 2 ** 20, ids: 100_000 }
    const learner = await memoryLearner({ limits, log }, journal)
    assert.deepEqual(log.said, ['fewer ids are remembered: the memory limit is low', 'learner restored'])
    const [first] = [...journal.reader.records(1)]
    const settings = new LearnRecordCodec().decode(first!.payload)
    assert.ok(settings.kind === 'settings')
    const { ids } = settings.limits
    // Each takes 36 to 52 bytes, of half a mebibyte.
    assert.ok(ids > 2 ** 19 / 52 && ids < 2 ** 19 / 36, `${ids} ids`)
    const rows = Array.from({ length: 20_000 }, (_, row) => ({
      features: { a: row % 7 },
      target: row % 5,
      observationId: `${row}`
    }))
    await learner.learnMany(rows)
    assert.ok(learner.memoryBytes() <= 2 ** 20, `${learner.memoryBytes()} bytes`)
    const isRepeat = async (row: number): Promise<boolean> => (await learner.learn(rows[row]!)).isRepeat
    assert.equal(await isRepeat(20_000 - ids), true)
    assert.equal(await isRepeat(20_000 - ids - 1), false)
  })

  test('applies nothing before it is durable', async () => {
    const journal = heldJournal()
    const learner = await memoryLearner({}, journal)
    journal.hold()
    const learned = learner.learn({ features: {}, target: 130, observationId: 'a' })
    assert.equal(learner.predict({}), 0)
    assert.equal(learner.metrics().count, 0)
    journal.commit()
    assert.equal(learner.predict({}), 2.6)
    assert.deepEqual(await learned, { prediction: 0, isRepeat: false })
  })

  test('learns nothing of what the journal refuses, and everything when it comes again', async () => {
    const journal = heldJournal()
    const learner = await memoryLearner({}, journal)
    journal.hold()
    const full = new MillraceError('MILL_STORE_FAILED', 'disk full')
    const learned = [
      learner.learn({ features: {}, target: 130, observationId: 'a' }),
      learner.learnMany([{ features: {}, target: 130 }])
    ]
    journal.fail(full)
    for (const one of learned) await assert.rejects(one, full)
    assert.equal(learner.metrics().count, 0)
    const again = learner.learn({ features: {}, target: 130, observationId: 'a' })
    journal.commit()
    assert.deepEqual(await again, { prediction: 0, isRepeat: false })
  })

  test('journals what was given, whatever becomes of the object meanwhile', async () => {
    const journal = heldJournal()
    const learner = await memoryLearner({ name: 'knn_regressor' }, journal)
    journal.hold()
    const features = { a: 1 }
    const learned = learner.learn({ features, target: 5, observationId: 'x' })
    features.a = 2
    journal.commit()
    await learned
    assert.equal((await learner.learn({ features: { a: 1 }, target: 5, observationId: 'x' })).isRepeat, true)
    const { machine } = restoreMachine(journal.reader)
    assert.equal(learner.predict({ a: 1 }), machine!.predict({ a: 1 }))
  })

  for (const [what, observation, code] of [
    ['a feature that is not finite', { features: { a: NaN }, target: 1 }, 'MILL_VALUE_NOT_FINITE'],
    ['a feature out of range', { features: { a: 1e300 }, target: 1 }, 'MILL_VALUE_OUT_OF_RANGE'],
    ['a target that is not finite', { features: { a: 1 }, target: Infinity }, 'MILL_VALUE_NOT_FINITE']
  ] as const) {
    test(`refuses ${what} without a word in the journal`, async () => {
      const journal = memoryJournal()
      const learner = await memoryLearner({}, journal)
      await assert.rejects(learner.learn(observation), { name: 'MillraceError', code })
      assert.equal(codeOf((await learner.learnMany([observation]))[0]), code)
      assert.equal(recordsIn(journal), 1)
    })
  }

  test('refuses what the limits do not allow, and again after a restart', async () => {
    const journal = memoryJournal()
    const limits = { featureNames: 1, memoryBytes: 2 ** 28, ids: 10 }
    const tooMany = { features: { a: 1, b: 2 }, target: 3, observationId: 'x' }
    const learner = await memoryLearner({ limits }, journal)
    await assert.rejects(learner.learn(tooMany), { code: 'MILL_FEATURE_LIMIT' })
    await assert.rejects(learner.learn(tooMany), { code: 'MILL_FEATURE_LIMIT' })
    assert.equal(recordsIn(journal), 2)
    const restarted = await memoryLearner({ limits }, journal)
    await assert.rejects(restarted.learn(tooMany), { code: 'MILL_FEATURE_LIMIT', details: { limit: 1 } })
    assert.equal(recordsIn(journal), 2)
  })
})

describe('observation ids', () => {
  test('a repeat answers the same and is not journaled; other content is refused', async () => {
    const journal = memoryJournal()
    const learner = await memoryLearner({}, journal)
    const observation = { features: { a: 1, b: 2 }, target: 130, observationId: 'x' }
    const first = await learner.learn(observation)
    const again = await learner.learn({ ...observation, features: { b: 2, a: 1 } })
    assert.deepEqual(again, { ...first, isRepeat: true })
    await assert.rejects(learner.learn({ ...observation, target: 131 }), { code: 'MILL_ID_CONFLICT' })
    assert.equal(recordsIn(journal), 2)
    const { repeats, conflicts } = learner.counts()
    assert.deepEqual({ repeats, conflicts }, { repeats: 1, conflicts: 1 })
  })

  test('of concurrent requests with one id one is learned, and all get its answer', async () => {
    const learner = await memoryLearner({}, memoryJournal({ durability: 'os' }))
    const observation = { features: {}, target: 130, observationId: 'x' }
    const answers = await Promise.all(Array.from({ length: 5 }, () => learner.learn(observation)))
    assert.deepEqual(
      answers.map(({ isRepeat }) => isRepeat),
      [false, true, true, true, true]
    )
    assert.equal(new Set(answers.map(({ prediction }) => prediction)).size, 1)
    assert.equal(learner.metrics().count, 1)
    assert.equal(learner.counts().repeats, 4)
  })

  test('of concurrent requests with one id and other contents all but the first are refused', async () => {
    const learner = await memoryLearner({}, memoryJournal({ durability: 'os' }))
    const answers = await Promise.allSettled(
      [1, 2, 3].map(target => learner.learn({ features: {}, target, observationId: 'x' }))
    )
    assert.deepEqual(
      answers.map(answer => (answer.status === 'fulfilled' ? 'learned' : codeOf(answer.reason))),
      ['learned', 'MILL_ID_CONFLICT', 'MILL_ID_CONFLICT']
    )
    assert.equal(learner.counts().conflicts, 2)
  })

  test('are known after a restart', async () => {
    const journal = memoryJournal()
    const observation = { features: { a: 1 }, target: 130, observationId: 'x' }
    const first = await (await memoryLearner({}, journal)).learn(observation)
    const restarted = await memoryLearner({}, journal)
    assert.deepEqual(await restarted.learn(observation), { ...first, isRepeat: true })
  })
})

describe('learning many', () => {
  test('is learning one after the other, in one append, and one that fails fails alone', async () => {
    const observations = [
      { features: { a: 1 }, target: 10, observationId: 'x' },
      { features: { a: NaN }, target: 10 },
      { features: { a: 2 }, target: 20 },
      { features: { a: 1 }, target: 10, observationId: 'x' },
      { features: { a: 1 }, target: 11, observationId: 'x' },
      { features: { a: 3 }, target: 30 }
    ]
    const one = await memoryLearner({}, memoryJournal({ durability: 'os' }))
    const other = await memoryLearner()
    const expected: unknown[] = []
    for (const observation of observations) expected.push(await other.learn(observation).catch(codeOf))
    assert.deepEqual((await one.learnMany(observations)).map(codeOf), expected)
    assert.deepEqual(
      expected.map(answer => (typeof answer === 'string' ? answer : (answer as Learned).isRepeat)),
      [false, 'MILL_VALUE_NOT_FINITE', false, true, 'MILL_ID_CONFLICT', false]
    )
    assert.deepEqual(one.metrics(), other.metrics())
    assert.deepEqual(one.counts(), other.counts())
  })

  test('of nothing new writes nothing', async () => {
    const journal = memoryJournal()
    const learner = await memoryLearner({}, journal)
    assert.deepEqual(await learner.learnMany([]), [])
    await learner.learn({ features: {}, target: 1, observationId: 'x' })
    const [repeat] = await learner.learnMany([{ features: {}, target: 1, observationId: 'x' }])
    assert.deepEqual(repeat, { prediction: 0, isRepeat: true })
    assert.equal(recordsIn(journal), 2)
  })
})

async function taught(learner: ServedLearner, rows: number): Promise<ServedLearner> {
  for (let row = 0; row < rows; row++) {
    await learner.learn({ features: { a: row % 7, b: row % 3 }, target: row % 5, observationId: `${row}` })
  }
  return learner
}

describe('a restart', () => {
  test('goes on where the journal ends, and says so', async () => {
    const journal = memoryJournal()
    const first = await taught(await memoryLearner({ name: 'amf_regressor' }, journal), 50)
    const log = memoryLog()
    const second = await memoryLearner({ name: 'amf_regressor', log }, journal)
    assert.deepEqual(second.metrics(), first.metrics())
    assert.equal(second.predict({ a: 3, b: 1 }), first.predict({ a: 3, b: 1 }))
    assert.equal(second.health().sequence, 51)
    assert.equal(recordsIn(journal), 51)
    assert.deepEqual(log.said, ['learner restored'])
  })

  test('takes an older snapshot where the newest is damaged', async () => {
    const { reader, writer, writeSnapshot } = memoryJournal()
    const first = await taught(await memoryLearner({}, { reader, writer }), 50)
    for (const upTo of [20, 40]) {
      writeSnapshot({ sequence: upTo, time: 0, state: restoreMachine(reader, { upTo }).machine!.toState() })
    }
    const broken = {
      ...reader,
      readSnapshot: (sequence: number) =>
        sequence === 40 ? reader.readSnapshot(40).with(100, 255) : reader.readSnapshot(sequence),
      records: (from: number) => {
        assert.equal(from, 21)
        return reader.records(from)
      }
    }
    const log = memoryLog()
    const second = await memoryLearner({ log }, { reader: broken, writer })
    assert.deepEqual(second.metrics(), first.metrics())
    assert.equal(second.health().snapshotSequence, 20)
    assert.deepEqual(log.said, ['a snapshot cannot be used; an older one must do', 'learner restored'])
  })

  test('fails where records are missing that no snapshot holds', async () => {
    const { reader, writer, writeSnapshot, prune } = memoryJournal()
    await taught(await memoryLearner({}, { reader, writer }), 50)
    const { machine } = restoreMachine(reader)
    writeSnapshot({ sequence: 51, time: 0, state: machine!.toState() })
    prune({ keepSnapshots: 1 })
    const broken = { ...reader, readSnapshot: () => new Uint8Array(10) }
    await assert.rejects(memoryLearner({}, { reader: broken, writer }), { code: 'MILL_JOURNAL_DAMAGED' })
  })

  test('fails where a record is none of a learner, and says which', async () => {
    const journal = memoryJournal()
    await taught(await memoryLearner({}, journal), 3)
    journal.writer.append([Uint8Array.of(1, 2, 3)], { committed() {}, failed: assert.fail })
    await assert.rejects(memoryLearner({}, journal), {
      code: 'MILL_JOURNAL_DAMAGED',
      details: { sequence: 5 }
    })
  })

  test('as another learner is refused, and says how to go on', async () => {
    const journal = memoryJournal()
    await memoryLearner({ name: 'amf_regressor', seed: 7 }, journal)
    for (const other of [
      { name: 'knn_regressor' },
      { name: 'amf_regressor', seed: 8 },
      { name: 'amf_regressor', seed: 7, parameters: { trees: 11 } }
    ] as const) {
      await assert.rejects(memoryLearner(other, journal), error => {
        assert.equal(codeOf(error), 'MILL_CONFIG_INVALID')
        assert.match(String(error), /made by amf_regressor = StandardScaler \| AmfRegressor\(trees=10, seed=7\)/)
        assert.match(String(error), /move the folder of its journal away to begin anew/)
        return true
      })
    }
    assert.equal(recordsIn(journal), 1)
  })

  test('with another seed is fine for a learner that draws no random numbers', async () => {
    const journal = memoryJournal()
    await memoryLearner({ seed: 7 }, journal)
    await memoryLearner({ seed: 8 }, journal)
    assert.equal(recordsIn(journal), 1)
  })

  test('with other limits writes them into the journal, once', async () => {
    const journal = memoryJournal()
    const limits = { featureNames: 1, memoryBytes: 2 ** 28, ids: 10 }
    const learner = await memoryLearner({ limits }, journal)
    await assert.rejects(learner.learn({ features: { a: 1, b: 2 }, target: 1 }), { code: 'MILL_FEATURE_LIMIT' })
    const wider = { ...limits, featureNames: 2 }
    for (let start = 0; start < 2; start++) {
      const again = await memoryLearner({ limits: wider }, journal)
      await again.learn({ features: { a: 1, b: 2 }, target: 1 })
    }
    assert.equal(recordsIn(journal), 5)
    assert.equal(restoreMachine(journal.reader).machine!.metrics().count, 2)
  })

  test('with limits that the learner is beyond is refused, with nothing written', async () => {
    const journal = memoryJournal()
    const learner = await memoryLearner({ limits: { featureNames: 20_000, memoryBytes: 2 ** 28, ids: 10 } }, journal)
    const features = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`feature_${index}`, index]))
    await learner.learn({ features, target: 1 })
    const small = { featureNames: 20_000, memoryBytes: 2 ** 20, ids: 10 }
    await assert.rejects(memoryLearner({ limits: small }, journal), { code: 'MILL_CONFIG_INVALID' })
    assert.equal(recordsIn(journal), 2)
  })

  test('with parameters that do not exist is refused', async () => {
    await assert.rejects(memoryLearner({ parameters: { trees: 3 } }), { code: 'MILL_OPTION_INVALID' })
  })

  test('on files brings back the same bytes', async context => {
    const folder = temporaryFolder(context)
    const options = learnerOptions({ name: 'knn_regressor' })
    const open = async (): Promise<ServedLearner> => {
      return openLearner({ ...options, journal: await openJournalWriter(folder, { durability: 'os' }) })
    }
    const first = await taught(await open(), 40)
    const metrics = first.metrics()
    await first.close()
    await assert.rejects(first.learn({ features: {}, target: 1 }), { code: 'MILL_STORE_FAILED' })
    const second = await taught(await open(), 45)
    assert.equal(second.counts().repeats, 40)
    assert.equal(second.metrics().count, metrics.count + 5)
    await second.close()
    const journal = await openJournalWriter(folder, { durability: 'os' })
    context.after(() => journal.writer.close())
    const settings = new LearnRecordCodec().decode(journal.reader.records(1).next().value!.payload)
    assert.equal(settings.kind, 'settings')
    const alone = new LearnerMachine(settings)
    for (const { payload } of journal.reader.records(2)) alone.applyRecord(payload)
    assert.deepEqual(restoreMachine(journal.reader).machine!.toState(), alone.toState())
  })
})

test('what goes wrong inside stops the learning, and not the predicting', async () => {
  const journal = memoryJournal()
  const learner = await memoryLearner({ name: 'knn_regressor' }, journal)
  await learner.learn({ features: { a: 1 }, target: 3 })
  // A record that this learner did not write: the next one of its own does not follow the last.
  journal.writer.append([Uint8Array.of(0)], { committed() {}, failed: assert.fail })
  await assert.rejects(learner.learn({ features: { a: 2 }, target: 4 }), { code: 'MILL_INTERNAL' })
  await assert.rejects(learner.learn({ features: { a: 2 }, target: 4 }), { code: 'MILL_INTERNAL' })
  assert.equal(learner.predict({ a: 1 }), 3)
  assert.equal(learner.health().problem, 'record 4 follows 2')
})

test('it predicts, forecasts and tells what it is', async () => {
  const learner = await memoryLearner({ name: 'ridge_regression', pending: memoryPendingStore({ ttlMs: 1, limit: 1 }) })
  assert.deepEqual([learner.id, learner.name], ['learner', 'ridge_regression'])
  await learner.learn({ features: { in_1: 1 }, target: 100 })
  assert.equal(learner.predict({ in_1: 1 }), 2)
  assert.equal(learner.predictMany({ in_1: 1 }, 3).length, 3)
  assert.throws(() => learner.predict({ in_1: NaN }), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.match(learner.describe().text, /^StandardScaler \| LinearRegression\(.*l2=1\)$/)
  assert.ok(learner.memoryBytes() > 1000)
})

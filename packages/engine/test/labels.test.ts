import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { memoryJournal, memoryPendingStore } from '@millrace/store'
import { steadyClock } from '../src/learning/steady-clock.ts'
import { day, FakeTime, memoryLearner, memoryLog, unreliableStore } from './learner-setup.ts'

describe('a label', () => {
  test('scores the prediction as it was made, and its features are learned once', async () => {
    const learner = await memoryLearner()
    const { prediction, predictionId } = await learner.predictAndKeep({ a: 1 })
    assert.equal(prediction, 0)
    await learner.learn({ features: {}, target: 130 }) // by now it would predict 2.6
    assert.deepEqual(await learner.label({ predictionId: predictionId!, actual: 10 }), {
      prediction: 0,
      isRepeat: false
    })
    const { count, lastPrediction, lastActual } = learner.metrics()
    assert.deepEqual({ count, lastPrediction, lastActual }, { count: 2, lastPrediction: 0, lastActual: 10 })
    // The intercept moves from 2.6 by 0.02 · (10 - 2.6): what was learned is the error of now.
    assert.ok(Math.abs(learner.predict({}) - 2.748) < 1e-12)
  })

  test('that repeats answers the same, a corrected one is refused, both before and after a restart', async () => {
    const journal = memoryJournal()
    const pending = memoryPendingStore({ ttlMs: day, limit: 10 })
    const learner = await memoryLearner({ pending }, journal)
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    await learner.label({ predictionId, actual: 10 })
    for (const each of [learner, await memoryLearner({ pending }, journal)]) {
      assert.deepEqual(await each.label({ predictionId, actual: 10 }), { prediction: 0, isRepeat: true })
      await assert.rejects(each.label({ predictionId, actual: 11 }), {
        code: 'MILL_LABEL_CONFLICT',
        details: { predictionId }
      })
      assert.equal(each.metrics().count, 1)
    }
    const { repeated, corrected, ...rest } = learner.counts().labels
    assert.deepEqual(
      { repeated, corrected, ...rest },
      { learned: 1, repeated: 1, corrected: 1, expired: 0, unknown: 0 }
    )
    assert.equal(await pending.count('learner'), 0)
  })

  test('that comes twice at once is learned once', async () => {
    const learner = await memoryLearner({}, memoryJournal({ durability: 'os' }))
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    const answers = await Promise.all([1, 2, 3].map(() => learner.label({ predictionId, actual: 10 })))
    assert.deepEqual(
      answers.map(({ isRepeat }) => isRepeat),
      [false, true, true]
    )
    assert.equal(learner.metrics().count, 1)
  })

  test('that was learned while the same one was looked up is a repeat', async () => {
    const pending = unreliableStore(memoryPendingStore({ ttlMs: day, limit: 10 }))
    const learner = await memoryLearner({ pending })
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    const found = await pending.get('learner', predictionId, 0)
    const { get } = pending
    // The second look-up answers only once the first label is learned and its prediction forgotten.
    const firstLearned = Promise.withResolvers<void>()
    let lookUps = 0
    pending.get = async (...args) => {
      lookUps++
      if (lookUps === 1) return found
      await firstLearned.promise
      return get(...args)
    }
    const first = learner.label({ predictionId, actual: 10 })
    const second = learner.label({ predictionId, actual: 10 })
    await first
    firstLearned.resolve()
    assert.equal((await second).isRepeat, true)
  })

  test('and the same observation under its id are one', async () => {
    const learner = await memoryLearner()
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    await learner.label({ predictionId, actual: 10, observationId: 'x' })
    const answer = await learner.learn({ features: { a: 1 }, target: 10, observationId: 'x' })
    assert.deepEqual(answer, { prediction: 0, isRepeat: true })
    assert.equal(learner.metrics().count, 1)
  })

  test('that is refused leaves the prediction waiting for a better one', async () => {
    const learner = await memoryLearner()
    for (let row = 1; row <= 10; row++) await learner.learn({ features: { a: row }, target: row })
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    await assert.rejects(learner.label({ predictionId, actual: 1e30 }), { code: 'MILL_LEARN_DIVERGED' })
    await assert.rejects(learner.label({ predictionId, actual: NaN }), { code: 'MILL_VALUE_NOT_FINITE' })
    assert.equal((await learner.label({ predictionId, actual: 3 })).isRepeat, false)
    assert.equal(learner.counts().guardSkips, 1)
  })
})

describe('a label that comes late', () => {
  test('is expired from the moment on that the time is over', async () => {
    const time = new FakeTime()
    const learner = await memoryLearner({ now: time.now })
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    const other = await learner.predictAndKeep({ a: 1 })
    time.pass(day - 1)
    await learner.label({ predictionId: other.predictionId!, actual: 1 })
    time.pass(1)
    await assert.rejects(learner.label({ predictionId, actual: 1 }), {
      code: 'MILL_PREDICTION_EXPIRED',
      details: { predictionId }
    })
    assert.deepEqual(learner.counts().labels, { learned: 1, repeated: 0, corrected: 0, expired: 1, unknown: 0 })
  })

  test('is expired when newer predictions have taken its place', async () => {
    const learner = await memoryLearner({ pending: memoryPendingStore({ ttlMs: day, limit: 2 }) })
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    const newer = [await learner.predictAndKeep({ a: 1 }), await learner.predictAndKeep({ a: 1 })]
    const label = { predictionId, actual: 1 }
    await assert.rejects(learner.label(label), { code: 'MILL_PREDICTION_EXPIRED' })
    for (const other of newer) await learner.label({ predictionId: other.predictionId!, actual: 1 })
    // There is room again, which does not bring it back.
    await assert.rejects(learner.label(label), { code: 'MILL_PREDICTION_EXPIRED' })
  })

  test('is expired when the storage has lost its prediction', async () => {
    const made = await memoryLearner()
    const { predictionId = '' } = await made.predictAndKeep({ a: 1 })
    const learner = await memoryLearner()
    await assert.rejects(learner.label({ predictionId, actual: 1 }), { code: 'MILL_PREDICTION_EXPIRED' })
  })

  test('is of nobody when its prediction was never made', async () => {
    const learner = await memoryLearner()
    const another = await memoryLearner({ id: 'another' })
    const { predictionId: others = '' } = await another.predictAndKeep({ a: 1 })
    const unknown = ['', 'x', '01890a5d-ac96-774b-bcce-b302099a8057', others]
    for (const predictionId of unknown) {
      await assert.rejects(learner.label({ predictionId, actual: 1 }), { code: 'MILL_PREDICTION_NOT_FOUND' })
    }
    assert.equal(learner.counts().labels.unknown, unknown.length)
  })

  test('is not upset by a wall clock that is set back or forward', async () => {
    let wall = 1_700_000_000_000
    let monotonic = 5000
    const now = steadyClock({ wall: () => wall, monotonic: () => monotonic })
    const learner = await memoryLearner({ now })
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    wall -= 10 * day
    const { predictionId: second = '' } = await learner.predictAndKeep({ a: 1 })
    assert.ok(second.slice(0, 13) >= predictionId.slice(0, 13))
    wall += 100 * day
    monotonic += day - 1
    assert.equal((await learner.label({ predictionId, actual: 1 })).isRepeat, false)
    monotonic += 1
    await assert.rejects(learner.label({ predictionId: second, actual: 1 }), { code: 'MILL_PREDICTION_EXPIRED' })
  })
})

describe('a store of predictions that fails', () => {
  const failure = new MillraceError('MILL_STORE_FAILED', 'disk full')

  test('fails no prediction, and is told of once when it begins and once when it ends', async () => {
    const pending = unreliableStore(memoryPendingStore({ ttlMs: day, limit: 10 }))
    const log = memoryLog()
    const learner = await memoryLearner({ pending, log })
    pending.failure = failure
    for (let row = 0; row < 3; row++) {
      assert.deepEqual(await learner.predictAndKeep({ a: 1 }), { prediction: 0, predictionId: undefined })
    }
    pending.failure = undefined
    assert.match((await learner.predictAndKeep({ a: 1 })).predictionId ?? '', /^[\da-f-]{36}$/)
    assert.deepEqual(log.said.slice(1), [
      'predictions cannot be kept for their labels',
      'predictions are kept for their labels again'
    ])
  })

  test('and does not answer is waited for by one prediction only', async () => {
    const pending = unreliableStore(memoryPendingStore({ ttlMs: day, limit: 10 }))
    const time = new FakeTime()
    const learner = await memoryLearner({ pending, now: time.now, after: time.after })
    const answered = Promise.withResolvers<void>()
    pending.hang = answered.promise
    const first = learner.predictAndKeep({ a: 1 })
    time.pass(200)
    assert.equal((await first).predictionId, undefined)
    assert.equal((await learner.predictAndKeep({ a: 1 })).predictionId, undefined)
    pending.hang = undefined
    answered.resolve()
    await new Promise(resolve => setImmediate(resolve))
    assert.notEqual((await learner.predictAndKeep({ a: 1 })).predictionId, undefined)
  })

  test('fails a label, which can come again', async () => {
    const pending = unreliableStore(memoryPendingStore({ ttlMs: day, limit: 10 }))
    const learner = await memoryLearner({ pending })
    const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
    pending.failure = failure
    await assert.rejects(learner.label({ predictionId, actual: 1 }), failure)
    pending.failure = undefined
    const { remove } = pending
    // That it cannot be forgotten does no harm.
    pending.remove = () => Promise.reject(failure)
    assert.equal((await learner.label({ predictionId, actual: 1 })).isRepeat, false)
    pending.remove = remove
    assert.equal((await learner.label({ predictionId, actual: 1 })).isRepeat, true)
    assert.deepEqual(learner.counts().labels, { learned: 1, repeated: 1, corrected: 0, expired: 0, unknown: 0 })
  })

  test('a prediction that cannot be made is not kept', async () => {
    const pending = memoryPendingStore({ ttlMs: day, limit: 10 })
    const learner = await memoryLearner({ pending })
    await assert.rejects(learner.predictAndKeep({ a: 1e300 }), { code: 'MILL_VALUE_OUT_OF_RANGE' })
    assert.equal(await pending.count('learner'), 0)
  })
})

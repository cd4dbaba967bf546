import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LastValue } from '@millrace/online'
import { memoryJournal } from '@millrace/store'
import { ProgressiveValidation } from '../src/evaluation/progressive-validation.ts'
import { replayJournal } from '../src/evaluation/replay-journal.ts'
import { createLearner } from '../src/learning/catalog.ts'
import { restoreMachine } from '../src/learning/restore-machine.ts'
import { memoryLearner } from './learner-setup.ts'

const withoutTime = (standing: object): object => ({ ...standing, microsecondsPerRow: undefined })

type Journal = ReturnType<typeof memoryJournal>

/** A journal of `count` rows of a noisy line that a learner was taught. */
async function lineJournal(count: number): Promise<Journal & { rows: { x: { a: number }; y: number }[] }> {
  const journal = memoryJournal({ now: () => 5 })
  const learner = await memoryLearner({ name: 'knn_regressor' }, journal)
  const rows = Array.from({ length: count }, (_, row) => ({
    x: { a: (row * 37) % 101 },
    y: ((row * 37) % 101) + (row % 3)
  }))
  for (const { x, y } of rows) await learner.learn({ features: x, target: y })
  return { ...journal, rows }
}

test('other learners are run over the rows of a journal, and compared with what was served', async () => {
  const { reader, rows } = await lineJournal(200)
  const replay = replayJournal(reader, [
    { label: 'k=1', name: 'knn_regressor', seed: 1, parameters: { n_neighbors: '1' } },
    { label: 'linear', name: 'linear_regression', seed: 1 },
    { name: 'last_value', regressor: new LastValue(), isBaseline: true }
  ])
  const replayed = [...replay.rows()]
  const regressors = {
    recorded: createLearner('knn_regressor', { seed: 1 }),
    'k=1': createLearner('knn_regressor', { seed: 1, parameters: { neighbors: 1 } }),
    linear: createLearner('linear_regression', { seed: 1 }),
    last_value: new LastValue()
  }
  const expected = new ProgressiveValidation(
    Object.entries(regressors).map(([name, regressor]) => ({ name, regressor, isBaseline: name === 'last_value' }))
  )
  for (const [index, { x, y }] of rows.entries()) {
    const row = { sequence: index + 2, time: 5, target: y, predictions: expected.step(x, y) }
    assert.deepEqual(replayed[index], row)
  }
  assert.deepEqual(replay.standings().map(withoutTime), expected.standings().map(withoutTime))
  assert.equal(replay.standings()[0]!.microsecondsPerRow, undefined)
  assert.equal(replay.recorded.learner, 'knn_regressor')
  assert.deepEqual(replay.counts, { learned: 200, refused: 0, repeats: 0 })
  assert.deepEqual([replay.after, replay.comparableFrom], [0, expected.comparableFrom])
})

test('repeats and refused rows are left out, and labels count with the prediction as it was made', async () => {
  const journal = memoryJournal({ durability: 'os' })
  const limits = { featureNames: 2, memoryBytes: 2 ** 28, ids: 10 }
  const learner = await memoryLearner({ limits }, journal)
  const { predictionId = '' } = await learner.predictAndKeep({ a: 1 })
  const repeated = { features: { a: 1 }, target: 10, observationId: 'x' }
  await Promise.all([learner.learn(repeated), learner.learn(repeated)])
  await assert.rejects(learner.learn({ features: { a: 1, b: 1, c: 1 }, target: 1 }))
  await learner.label({ predictionId, actual: 20 })
  const replay = replayJournal(journal.reader, [{ label: 'same', name: 'linear_regression', seed: 1 }])
  const rows = [...replay.rows()].map(({ target, predictions }) => [target, ...predictions])
  // After the first row the intercept is 0.2: what the other learner predicts when the label comes.
  assert.deepEqual(rows, [
    [10, 0, 0],
    [20, 0, 0.2]
  ])
  assert.deepEqual(replay.counts, { learned: 2, refused: 1, repeats: 1 })
})

test('a configuration that explodes is guarded as it would be in service', async () => {
  const { reader } = await lineJournal(300)
  const replay = replayJournal(reader, [
    { label: 'wild', name: 'linear_regression', seed: 1, parameters: { learning_rate: 1e6 } }
  ])
  for (const { predictions } of replay.rows()) assert.ok(Number.isFinite(predictions[1]))
  assert.equal(replay.standings()[1]!.scored, 300)
})

test('a journal whose beginning was pruned is replayed from the oldest snapshot that will do', async () => {
  const { reader, writeSnapshot, prune } = await lineJournal(100)
  const whole = [...replayJournal(reader, []).rows()].map(({ predictions }) => predictions[0])
  for (const upTo of [20, 40, 60]) {
    writeSnapshot({ sequence: upTo, time: 0, state: restoreMachine(reader, { upTo }).machine!.toState() })
  }
  prune({ keepSnapshots: 3 })
  assert.equal(reader.firstSequence(), 21)
  const replay = replayJournal(reader, [])
  assert.equal(replay.after, 20)
  const recorded = [...replay.rows()].map(({ predictions }) => predictions[0])
  assert.equal(recorded.length, 81)
  assert.equal(whole.length, 100)
  const damaged = {
    ...reader,
    readSnapshot: (sequence: number) => (sequence === 20 ? new Uint8Array(9) : reader.readSnapshot(sequence))
  }
  assert.equal(replayJournal(damaged, []).after, 40)
  assert.throws(() => replayJournal({ ...reader, snapshots: () => [] }, []), { code: 'MILL_JOURNAL_DAMAGED' })
})

test('what cannot be replayed is refused before it begins', async () => {
  assert.throws(() => replayJournal(memoryJournal().reader, []), { code: 'MILL_DATA_INVALID' })
  const { reader } = await lineJournal(1)
  assert.throws(() => replayJournal(reader, [{ label: 'k', name: 'knn_regressor', seed: 1, parameters: { k: 3 } }]), {
    code: 'MILL_OPTION_INVALID'
  })
})

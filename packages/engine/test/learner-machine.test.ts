import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { type LearnerName, learnerNames, learnerParameters } from '../src/learning/catalog.ts'
import type { LearnCommand, LearnerLimits, ObservationCommand, SettingsCommand } from '../src/learning/learn-command.ts'
import { LearnRecordCodec } from '../src/learning/learn-record.ts'
import { LearnerMachine, type Outcome } from '../src/learning/learner-machine.ts'

const roomy: LearnerLimits = { featureNames: 1000, memoryBytes: 2 ** 28, ids: 1000 }

function settings(learner: LearnerName, limits: Partial<LearnerLimits> = {}, parameters = {}): SettingsCommand {
  return {
    kind: 'settings',
    learner,
    parameters: learnerParameters(learner, { seed: 7, parameters }),
    limits: { ...roomy, ...limits }
  }
}

const observation = (
  features: Record<string, number>,
  target: number,
  more: Partial<ObservationCommand> = {}
): ObservationCommand => ({ kind: 'observation', features, target, ...more })

const label = (actual: number, more: Partial<ObservationCommand> = {}): ObservationCommand =>
  observation({ a: 1 }, actual, { labelled: { predictionId: 'p', prediction: 7 }, ...more })

const learned = (prediction: number, isRepeat = false): Outcome => ({ kind: 'learned', prediction, isRepeat })
const codeOf = (outcome: Outcome): string => (outcome.kind === 'refused' ? outcome.refusal.code : outcome.kind)

describe('a machine', () => {
  test('predicts, scores and learns', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    // The first row scales to zeros, so only the intercept moves: by 0.01 · 2 · 130 = 2.6.
    assert.deepEqual(machine.apply(observation({ a: 125 }, 130)), learned(0))
    assert.deepEqual(machine.apply(observation({ a: 130 }, 140)), learned(2.6))
    const { count, lastActual, lastPrediction } = machine.metrics()
    assert.deepEqual({ count, lastActual, lastPrediction }, { count: 2, lastActual: 140, lastPrediction: 2.6 })
  })

  test('learns an id once, and answers a repeat what it answered first, in any order of the names', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    machine.apply(observation({ a: 1 }, 10))
    const first = machine.apply(observation({ a: 1, b: 2 }, 20, { observationId: 'x' }))
    const state = machine.toState()
    assert.deepEqual(first, learned(0.2))
    assert.deepEqual(machine.apply(observation({ b: 2, a: 1 }, 20, { observationId: 'x' })), learned(0.2, true))
    assert.deepEqual(machine.toState(), state)
  })

  test('refuses an id with other content, and changes nothing', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    machine.apply(observation({ a: 1 }, 10, { observationId: 'x' }))
    const state = machine.toState()
    for (const other of [observation({ a: 2 }, 10), observation({ a: 1 }, 11), observation({ b: 1 }, 10)]) {
      assert.equal(codeOf(machine.apply({ ...other, observationId: 'x' })), 'MILL_ID_CONFLICT')
    }
    assert.deepEqual(machine.toState(), state)
  })

  test('remembers a refused observation, and takes another one under its id', () => {
    const machine = new LearnerMachine(settings('knn_regressor', { featureNames: 1 }))
    const tooMany = observation({ a: 1, b: 2 }, 3, { observationId: 'x' })
    const refusal = machine.apply(tooMany)
    assert.equal(codeOf(refusal), 'MILL_FEATURE_LIMIT')
    assert.deepEqual(machine.apply(tooMany), { ...refusal, isRepeat: true })
    assert.equal(machine.metrics().count, 0)
    assert.deepEqual(machine.apply(observation({ a: 1 }, 3, { observationId: 'x' })), learned(0))
    assert.equal(codeOf(machine.apply(tooMany)), 'MILL_ID_CONFLICT')
  })

  test('forgets the oldest ids beyond the limit', () => {
    const machine = new LearnerMachine(settings('linear_regression', { ids: 2 }))
    for (const observationId of ['a', 'b', 'c']) machine.apply(observation({}, 1, { observationId }))
    const again = (observationId: string): Outcome | undefined => machine.recall(observation({}, 1, { observationId }))
    assert.deepEqual([again('a'), again('b')], [undefined, learned(0.02, true)])
    assert.deepEqual(machine.apply(settings('linear_regression', { ids: 1 })), { kind: 'settings' })
    assert.deepEqual([again('b'), again('c')?.kind], [undefined, 'learned'])
  })
})

describe('a label', () => {
  test('scores the prediction as it was made, and learns the features', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    assert.deepEqual(machine.apply(label(10)), learned(7))
    assert.equal(machine.metrics().mae, 3)
    assert.equal(machine.predict({}), 0.2)
  })

  test('is learned once, and a corrected one is refused', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    machine.apply(label(10))
    const state = machine.toState()
    assert.deepEqual(machine.apply(label(10)), learned(7, true))
    const corrected = machine.apply(label(11))
    assert.equal(codeOf(corrected), 'MILL_LABEL_CONFLICT')
    assert.deepEqual(corrected.kind === 'refused' && corrected.refusal.details, { predictionId: 'p' })
    assert.deepEqual(machine.toState(), state)
  })

  test('and the same observation by another way are one, whichever comes first', () => {
    const first = new LearnerMachine(settings('linear_regression'))
    first.apply(label(10, { observationId: 'x' }))
    assert.deepEqual(first.apply(observation({ a: 1 }, 10, { observationId: 'x' })), learned(7, true))
    const second = new LearnerMachine(settings('linear_regression'))
    second.apply(observation({ a: 1 }, 10, { observationId: 'x' }))
    assert.deepEqual(second.apply(label(10, { observationId: 'x' })), learned(0, true))
    assert.deepEqual(second.apply(label(10)), learned(0, true))
    assert.deepEqual([first.metrics().count, second.metrics().count], [1, 1])
  })

  test('that repeats brings its observation id along', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    machine.apply(label(10))
    assert.deepEqual(machine.apply(label(10, { observationId: 'x' })), learned(7, true))
    assert.deepEqual(machine.apply(observation({ a: 1 }, 10, { observationId: 'x' })), learned(7, true))
  })

  test('that repeats leaves an observation id alone that stands for something else', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    machine.apply(label(10))
    machine.apply(observation({ b: 1 }, 20, { observationId: 'x' }))
    const state = machine.toState()
    assert.deepEqual(machine.apply(label(10, { observationId: 'x' })), learned(7, true))
    assert.deepEqual(machine.toState(), state)
  })

  test('that was refused may be corrected', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    for (let row = 1; row <= 10; row++) machine.apply(observation({ a: row }, row))
    assert.equal(codeOf(machine.apply(label(1e20))), 'MILL_LEARN_DIVERGED')
    assert.deepEqual(machine.apply(label(10)), learned(7))
    assert.equal(codeOf(machine.apply(label(1e20))), 'MILL_LABEL_CONFLICT')
  })
})

describe('settings', () => {
  test('of another learner are damage', () => {
    const machine = new LearnerMachine(settings('amf_regressor'))
    for (const other of [settings('knn_regressor'), settings('amf_regressor', {}, { seed: 8 })]) {
      assert.throws(() => machine.apply(other), { code: 'MILL_JOURNAL_DAMAGED' })
    }
    const unknown = { ...settings('amf_regressor'), learner: 'oracle' }
    assert.throws(() => new LearnerMachine(unknown), { code: 'MILL_JOURNAL_DAMAGED' })
  })

  test('that take parameters by default, as those of an older version do, are the same', () => {
    const machine = new LearnerMachine({ ...settings('amf_regressor'), parameters: { seed: 7 } })
    assert.deepEqual(machine.apply(settings('amf_regressor')), { kind: 'settings' })
  })

  test('that allow fewer names leave what was learned before, also when a row has to be undone', () => {
    const machine = new LearnerMachine(settings('linear_regression'))
    for (let row = 0; row < 2000; row++) machine.apply(observation({ a: (row % 7) / 7, b: 1 }, 10 + (row % 3)))
    machine.apply(observation({ a: 0, b: 1, c: 1 }, 10))
    machine.apply(settings('linear_regression', { featureNames: 2 }))
    // After 2000 rows without change b is 45 deviations away, and the prediction moves by 0.02 · 45² times the error.
    assert.equal(codeOf(machine.apply(observation({ a: 0, b: 2 }, -10))), 'MILL_LEARN_DIVERGED')
    assert.equal(codeOf(machine.apply(observation({ a: 0, b: 1 }, 10))), 'learned')
    assert.ok(Math.abs(machine.predict({ a: 0, b: 1 }) - 11) < 2)
  })

  test('change the limits from then on', () => {
    const machine = new LearnerMachine(settings('linear_regression', { featureNames: 1 }))
    assert.equal(codeOf(machine.apply(observation({ a: 1, b: 1 }, 1))), 'MILL_FEATURE_LIMIT')
    machine.apply(settings('linear_regression', { featureNames: 2 }))
    assert.equal(codeOf(machine.apply(observation({ a: 1, b: 1 }, 1))), 'learned')
    assert.equal(machine.settings.limits.featureNames, 2)
  })
})

/** Random streams of commands: ids that repeat, with the same and other content; labels; rows that must be refused. */
function commandsOf(learner: LearnerName): fc.Arbitrary<LearnCommand[]> {
  const names = fc.constantFrom('a', 'b', 'c', 'd', '__proto__', '1', 'e', 'f')
  const usual = fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.integer({ min: -3, max: 3 }))
  const numbers = fc.oneof(
    { weight: 40, arbitrary: usual },
    { weight: 1, arbitrary: fc.constantFrom(1e20, 1e99, 1e300) }
  )
  const features = fc
    .uniqueArray(fc.tuple(names, numbers), { selector: ([name]) => name, maxLength: 6 })
    .map(entries => Object.fromEntries(entries))
  const ids = fc.option(fc.nat({ max: 30 }).map(String), { nil: undefined })
  const observations = fc
    .record({ observationId: ids, predictionId: ids, prediction: usual, features, target: numbers })
    .map(({ predictionId, prediction, ...rest }): LearnCommand => {
      const labelled = predictionId === undefined ? undefined : { predictionId, prediction }
      return { kind: 'observation', ...rest, labelled }
    })
  const limits = fc
    .record({ featureNames: fc.integer({ min: 1, max: 9 }), ids: fc.integer({ min: 1, max: 20 }) })
    .map(changed => settings(learner, changed))
  const fresh = fc.oneof({ weight: 30, arbitrary: observations }, { weight: 1, arbitrary: limits })
  const withRepeats = fc.record({ fresh, repeats: fc.option(fc.nat({ max: 10 }), { nil: undefined, freq: 4 }) })
  return fc.array(withRepeats, { maxLength: 150, size: 'max' }).map(steps => {
    const commands: LearnCommand[] = []
    for (const step of steps) commands.push(commands.at(-1 - (step.repeats ?? Infinity)) ?? step.fresh)
    return commands
  })
}

for (const learner of learnerNames) {
  test(`${learner}: equal commands give equal outcomes and state bytes, restored in between or not`, () => {
    const restoredAt = fc.uniqueArray(fc.nat({ max: 150 }), { maxLength: 4 })
    fc.assert(
      fc.property(commandsOf(learner), restoredAt, (commands, places) => {
        const codec = new LearnRecordCodec()
        const first = settings(learner)
        const uninterrupted = new LearnerMachine(first)
        let restored = new LearnerMachine(codec.decode(codec.encode(first)) as SettingsCommand)
        for (const [index, command] of commands.entries()) {
          if (places.includes(index)) restored = LearnerMachine.fromState(restored.toState())
          assert.deepEqual(restored.applyRecord(codec.encode(command)), uninterrupted.apply(command))
        }
        assert.deepEqual(restored.toState(), uninterrupted.toState())
        assert.deepEqual(restored.metrics(), uninterrupted.metrics())
      }),
      { numRuns: 60 }
    )
  })

  test(`${learner}: a state that was changed or cut is refused`, () => {
    const machine = new LearnerMachine(settings(learner))
    for (let row = 0; row < 30; row++) machine.apply(observation({ a: row, b: -row }, row, { observationId: `${row}` }))
    const state = machine.toState()
    for (const at of [0, 5, 100, state.length - 1]) {
      const changed = state.with(at, state[at]! ^ 1)
      assert.throws(() => LearnerMachine.fromState(changed), { code: 'MILL_STATE_INVALID' })
      assert.throws(() => LearnerMachine.fromState(state.subarray(0, at)), { code: 'MILL_STATE_INVALID' })
    }
  })
}

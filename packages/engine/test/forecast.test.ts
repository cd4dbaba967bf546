import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Features, Regressor } from '@millrace/online'
import { forecast } from '../src/learning/forecast.ts'

const weight = (name: string): number => Number(/^in_(\d+)$/.exec(name)?.[1] ?? 1)

/** A model that is known by hand: the sum of the lags, each times its number, plus any other feature. */
function knownModel(): Regressor {
  return {
    canPredict: true,
    memoryBytes: 0,
    predictOne: x => Object.entries(x).reduce((sum, [name, value]) => sum + weight(name) * value, 0),
    learnOne: () => assert.fail('a forecast must not learn'),
    toState: () => new Uint8Array()
  }
}

const steps = (x: Features, count: number): number[] => forecast(knownModel(), x, count).map(({ value }) => value)

test('each prediction becomes the newest lag of the next step', () => {
  // 1·1 + 2·2 = 5; then in_1 = 5, in_2 = 1: 5 + 2·1 = 7; then 7 + 2·5 = 17
  assert.deepEqual(forecast(knownModel(), { in_1: 1, in_2: 2 }, 3), [
    { step: 1, value: 5 },
    { step: 2, value: 7 },
    { step: 3, value: 17 }
  ])
})

test('lags shift by their number, whatever their order and however many digits', () => {
  const x = Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`in_${index + 1}`, 0]))
  // Only in_10 is 1, so the first value is 10; then in_11 is that 1 and in_1 is 10: 11 + 10 = 21.
  assert.deepEqual(steps({ ...x, in_10: 1 }, 2), [10, 21])
  assert.deepEqual(steps({ in_2: 2, in_1: 1 }, 2), [5, 7])
})

test('features that are no lags stay as they are', () => {
  // 1 + 4 = 5, then 5 + 4 = 9
  assert.deepEqual(steps({ in_1: 1, temperature: 4 }, 2), [5, 9])
  assert.deepEqual(steps({ temperature: 4, in_01: 1 }, 2), [5, 5])
})

test('a gap between lags keeps the older lag where it is', () => {
  // in_3 has no in_2 to take from: 1 + 3·2 = 7, then 7 + 3·2 = 13
  assert.deepEqual(steps({ in_1: 1, in_3: 2 }, 2), [7, 13])
})

test('the given features are left alone', () => {
  const x = Object.freeze({ in_1: 1, in_2: 2 })
  steps(x, 4)
  assert.deepEqual(x, { in_1: 1, in_2: 2 })
})

test('a forecast that runs away says at which step, with nothing of the model named', () => {
  const runaway: Regressor = { ...knownModel(), predictOne: x => (x['in_1'] ?? 0) * 1e40 }
  assert.throws(() => forecast(runaway, { in_1: 1 }, 5), {
    code: 'MILL_VALUE_OUT_OF_RANGE',
    message: 'the forecast leaves ±1e+100 at step 3',
    details: { step: 3 }
  })
  assert.equal(forecast(runaway, { in_1: 1 }, 2).length, 2)
})

test('steps times features are bounded, so that no forecast holds up everybody else', () => {
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`f${index}`, 0]))
  assert.equal(forecast(knownModel(), wide, 100).length, 100)
  assert.throws(() => forecast(knownModel(), wide, 101), {
    code: 'MILL_OPTION_INVALID',
    message: 'steps must be at most 100 with 1000 features, got 101'
  })
  const widest = Object.fromEntries(Array.from({ length: 100_001 }, (_, index) => [`f${index}`, 0]))
  assert.equal(forecast(knownModel(), widest, 1).length, 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeState, encodeState } from '@millrace/online'
import * as fc from 'fast-check'
import { ModelScore } from '../src/learning/model-score.ts'

const bytesOf = (score: ModelScore): Uint8Array => encodeState('ModelScore', 1, score.toFields())
const restored = (score: ModelScore): ModelScore => ModelScore.fromFields(decodeState(bytesOf(score)))

function scored(...pairs: [y: number, prediction: number][]): ModelScore {
  const score = new ModelScore()
  for (const [y, prediction] of pairs) score.update(y, prediction)
  return score
}

const close = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) <= 1e-12 * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`)

test('nothing is counted before the first truth is known', () => {
  const { count, mae, lastError, windows } = new ModelScore().metrics()
  assert.deepEqual({ count, mae, lastError }, { count: 0, mae: 0, lastError: 0 })
  assert.deepEqual(
    windows.map(({ size, mae: each }) => [size, each]),
    [
      [5, 0],
      [10, 0],
      [20, 0]
    ]
  )
})

test('metrics are plain arithmetic over the scored predictions', () => {
  const { count, mae, mse, rmse, mape, lastPrediction, lastActual, lastError } = scored([130, 0], [140, 2.6]).metrics()
  assert.deepEqual({ count, lastPrediction, lastActual }, { count: 2, lastPrediction: 2.6, lastActual: 140 })
  close(lastError, 137.4)
  close(mae, 133.7)
  close(mse, 17_889.38)
  close(rmse, Math.sqrt(17_889.38))
  close(mape, (100 + 13_740 / 140) / 2)
})

test('the percentage error leaves out actuals of zero, and those so small that no number holds it', () => {
  assert.equal(scored([0, 5]).metrics().mape, 0)
  assert.equal(scored([0, 5], [10, 0]).metrics().mape, 100)
  const { mape, windows } = scored([130, 0], [5e-324, 2.6]).metrics()
  assert.deepEqual([mape, windows[0]!.mape], [100, 100])
})

test('a row left out of the percentage error still takes its place in the windows', () => {
  const { mape, windows } = scored([10, 0], [0, 1], [0, 1], [0, 1], [0, 1], [0, 1]).metrics()
  assert.deepEqual([mape, windows[0]!.mape], [100, 0])
})

test('windows are the latest predictions only, lifetime figures all of them', () => {
  const errors = Array.from({ length: 50 }, (_, index) => index + 1)
  const { mae, windows } = scored(...errors.map((error): [number, number] => [100, 100 - error])).metrics()
  // The means of 1 to 50, and of the last 5, 10 and 20 of them.
  close(mae, 25.5)
  for (const [index, mean] of [48, 45.5, 40.5].entries()) close(windows[index]!.mae, mean)
})

test('an error whose square is no number is refused beforehand', () => {
  const score = new ModelScore()
  assert.throws(() => score.check(1e100, -1e200), { code: 'MILL_VALUE_NOT_FINITE' })
  score.check(1e100, -1e100)
  assert.equal(score.metrics().count, 0)
})

test('a restored score goes on as if nothing had been, to the byte', () => {
  const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
  const pairs = fc.array(fc.tuple(number, number), { maxLength: 60, size: 'max' })
  fc.assert(
    fc.property(pairs, pairs, (before, after) => {
      const score = scored(...before)
      const other = restored(score)
      assert.deepEqual(bytesOf(other), bytesOf(score))
      assert.deepEqual(other.metrics(), score.metrics())
      for (const [y, prediction] of after) for (const each of [score, other]) each.update(y, prediction)
      assert.deepEqual(bytesOf(other), bytesOf(score))
      assert.deepEqual(other.metrics(), score.metrics())
    })
  )
})

test('damaged fields are refused', () => {
  const fields = scored([1, 2], [3, 4]).toFields()
  for (const damage of [{ count: 3 }, { actuals: Float64Array.of(1, NaN) }, { mae: new Uint8Array(5) }]) {
    const bytes = encodeState('ModelScore', 1, { ...fields, ...damage })
    assert.throws(() => ModelScore.fromFields(decodeState(bytes)), { code: 'MILL_STATE_INVALID' })
  }
})

import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { learnerNames } from '../src/learning/catalog.ts'
import { createOnlineModel } from '../src/learning/online-model.ts'

const linear = () => createOnlineModel({ name: 'linear_regression', seed: 42 })

test('nothing is counted before the first truth is known', () => {
  const model = linear()
  model.predict({ in_1: 1 })
  assert.equal(model.metrics().count, 0)
})

test('predictLearn answers what was predicted before learning', () => {
  const model = linear()
  // The first row scales to zeros, so only the intercept moves: by 0.01 · 2 · 130 = 2.6.
  assert.equal(model.predictLearn({ in_1: 125, in_2: 120 }, 130), 0)
  assert.equal(model.predict({ in_1: 130, in_2: 125 }), 2.6)
  assert.equal(model.predictLearn({ in_1: 130, in_2: 125 }, 140), 2.6)
})

test('training scores the prediction too', () => {
  const trained = linear()
  const learned = linear()
  for (const [x, y] of [
    [{ in_1: 125 }, 130],
    [{ in_1: 130 }, 140]
  ] as const) {
    trained.train(x, y)
    learned.predictLearn(x, y)
  }
  assert.deepEqual(trained.metrics(), learned.metrics())
})

test('metrics are plain arithmetic over the scored predictions', () => {
  const model = linear()
  model.predictLearn({ in_1: 125 }, 130) // predicted 0, error 130
  model.predictLearn({ in_1: 130 }, 140) // predicted 2.6, error 137.4
  const { count, mae, mse, rmse, mape, lastPrediction, lastActual, lastError } = model.metrics()
  assert.deepEqual({ count, lastPrediction, lastActual }, { count: 2, lastPrediction: 2.6, lastActual: 140 })
  assert.ok(Math.abs(lastError - 137.4) < 1e-9)
  assert.ok(Math.abs(mae - 133.7) < 1e-9)
  assert.ok(Math.abs(mse - 17_889.38) < 1e-6)
  assert.ok(Math.abs(rmse - Math.sqrt(17_889.38)) < 1e-9)
  assert.ok(Math.abs(mape - (100 + 13_740 / 140) / 2) < 1e-9)
})

test('the percentage error leaves out actuals of zero', () => {
  const model = linear()
  model.predictLearn({ a: 1 }, 0)
  assert.equal(model.metrics().mape, 0)
  model.predictLearn({ a: 1 }, 10) // predicted 0: 100 % off
  assert.equal(model.metrics().mape, 100)
})

test('the percentage error leaves out actuals so small that no number holds it, and they are learned', () => {
  const model = linear()
  model.predictLearn({}, 130)
  model.predictLearn({}, 5e-324) // predicted 2.6
  const { count, mape, windows } = model.metrics()
  assert.deepEqual({ count, mape, latest: windows[0]!.mape }, { count: 2, mape: 100, latest: 100 })
  // The intercept is 2.6, then 2.6 - 0.01 · 2 · 2.6 = 2.548.
  assert.ok(Math.abs(model.predict({}) - 2.548) < 1e-12)
})

test('a row left out of the percentage error still takes its place in the windows', () => {
  const model = linear()
  model.predictLearn({}, 10) // 100 % off
  for (let row = 0; row < 5; row++) model.predictLearn({}, row % 2 === 0 ? 0 : 5e-324)
  const { mape, windows } = model.metrics()
  assert.deepEqual({ mape, latest: windows[0]!.mape }, { mape: 100, latest: 0 })
})

test('rolling windows forget, lifetime figures do not', () => {
  const model = linear()
  for (let row = 0; row < 7; row++) model.predictLearn({}, row < 2 ? 1000 : 0)
  // Without features only the intercept learns, so the last five errors are its decay from the two targets of 1000:
  // 20, then 0.98 · 20 + 20 = 39.6, then times 0.98 a row.
  const { windows, mae } = model.metrics()
  const decay = [0, 1, 2, 3, 4].map(row => 39.6 * 0.98 ** row)
  const five = decay.reduce((sum, value) => sum + value, 0) / 5
  assert.deepEqual(
    windows.map(({ size }) => size),
    [5, 10, 20]
  )
  assert.ok(Math.abs(windows[0]!.mae - five) < 1e-9)
  assert.ok(Math.abs(mae - (1000 + 980 + 5 * five) / 7) < 1e-9)
  assert.ok(Math.abs(windows[2]!.mae - mae) < 1e-9)
})

for (const [what, x, y, code] of [
  ['a feature that is not finite', { a: NaN }, 1, 'MILL_VALUE_NOT_FINITE'],
  ['a target that is not finite', { a: 1 }, Infinity, 'MILL_VALUE_NOT_FINITE'],
  ['a target out of range', { a: 1 }, 1e300, 'MILL_VALUE_OUT_OF_RANGE']
] as const) {
  test(`${what} changes neither the learner nor its score`, () => {
    const model = linear()
    model.predictLearn({ a: 1 }, 5)
    model.predictLearn({ a: 2 }, 6)
    const before = [model.metrics(), model.predict({ a: 3 })]
    assert.throws(() => model.predictLearn(x, y), { name: 'MillraceError', code })
    assert.deepEqual([model.metrics(), model.predict({ a: 3 })], before)
  })
}

test('more feature names than the limit are refused, and the model stays as it was', () => {
  const model = createOnlineModel({ name: 'knn_regressor', seed: 1, featureNamesLimit: 3 })
  model.train({ a: 1, b: 2 }, 5)
  model.train({ b: 3, c: 4 }, 6)
  const before = [model.metrics(), model.predict({ a: 1 })]
  assert.throws(() => model.predictLearn({ a: 1, d: 2 }, 7), { code: 'MILL_FEATURE_LIMIT', details: { limit: 3 } })
  assert.deepEqual([model.metrics(), model.predict({ a: 1 })], before)
  model.predict({ d: 1, e: 2, f: 3, g: 4 })
  model.train({ a: 1, b: 2, c: 3 }, 7)
  assert.equal(model.metrics().count, 3)
})

describe('the catalog', () => {
  for (const name of learnerNames) {
    test(`${name} predicts 0 when fresh, then learns`, () => {
      const model = createOnlineModel({ name, seed: 1 })
      assert.equal(model.predict({ a: 1 }), 0)
      for (let row = 1; row <= 200; row++) model.train({ a: row % 10 }, 3)
      assert.ok(Math.abs(model.predict({ a: 5 }) - 3) < 0.2)
      assert.match(model.describe().text, /^StandardScaler \| \w+\(/)
    })
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AmfRegressor } from '../src/amf-regressor.ts'
import { KnnRegressor } from '../src/knn-regressor.ts'
import { LinearRegression } from '../src/linear-regression.ts'
import { Pipeline } from '../src/pipeline.ts'
import { StandardScaler } from '../src/standard-scaler.ts'
import { encodeState } from '../src/state.ts'

test('predicts with the statistics before the row and learns with those after it', () => {
  const regression = new LinearRegression({ learningRate: 0.25, interceptLearningRate: 0 })
  const model = new Pipeline(new StandardScaler(), regression)
  model.learnOne({ a: 1 }, 5) // Scaled to 0 by its own statistics: nothing for the weight to learn.
  assert.equal(regression.weights.get('a'), 0)
  model.learnOne({ a: 3 }, 1) // Mean 2, deviation 1: learned as 1. Gradient -2, weight 0.5.
  assert.equal(regression.weights.get('a'), 0.5)
  assert.equal(model.predictOne({ a: 5 }), 1.5) // (5 - 2) / 1 · 0.5
})

test('transformers work one after the other', () => {
  const regression = new LinearRegression({ learningRate: 0.25, interceptLearningRate: 0 })
  const model = new Pipeline(new StandardScaler({ withStd: false }), new StandardScaler(), regression)
  for (const a of [10, 14, 6]) model.learnOne({ a }, 1)
  // The first leaves 0, 2, -4: mean -2/3, variance 20/3 - 4/9 = 56/9. Then 12 is 2 there: (2 + 2/3) / sqrt(56/9).
  const scaled = (2 + 2 / 3) / Math.sqrt(56 / 9)
  assert.ok(Math.abs(model.predictOne({ a: 12 }) - scaled * regression.weights.get('a')!) < 1e-14)
})

test('a pipeline of one regressor is that regressor', () => {
  const alone = new KnnRegressor()
  const model = new Pipeline(new KnnRegressor())
  for (const [index, y] of [3, 1, 4].entries()) {
    for (const one of [alone, model]) one.learnOne({ a: index, [`b${index}`]: 1 }, y)
  }
  assert.equal(model.predictOne({ a: 1.2, other: 2 }), alone.predictOne({ a: 1.2, other: 2 }))
})

test('a row that overflows in the regressor leaves scaler, names and weights as they were', () => {
  const regression = new LinearRegression({ learningRate: 1e300 })
  const model = new Pipeline(new StandardScaler({ withStd: false }), new StandardScaler(), regression)
  for (const a of [1, 2, 1]) model.learnOne({ a }, 0)
  const before = model.toState()
  assert.throws(() => model.learnOne({ late: 2, a: 7 }, 1e100), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.deepEqual(model.toState(), before)
  assert.deepEqual([...regression.weights.keys()], ['a'])
})

test('goes on after a refused row as if it had never come', () => {
  const [disturbed, calm] = [explosive(), explosive()]
  for (const a of [1, 2, 1]) for (const model of [disturbed, calm]) model.learnOne({ a, b: -a }, 0)
  assert.throws(() => disturbed.learnOne({ c: 1, a: 9 }, 1e100))
  for (const model of [disturbed, calm]) model.learnOne({ d: 1, a: 2 }, 0)
  assert.deepEqual(disturbed.toState(), calm.toState())
})

test('a restored pipeline hands out its regressor', () => {
  const model = new Pipeline(new StandardScaler(), new LinearRegression())
  model.learnOne({ a: 1 }, 5)
  const { regressor } = Pipeline.fromState(model.toState())
  assert.ok(regressor instanceof LinearRegression)
  assert.equal(regressor.intercept, 0.1)
})

test('refuses a step that has learned already', () => {
  const used = new StandardScaler()
  used.learnOne({ a: 1 })
  assert.throws(() => new Pipeline(used, new LinearRegression()), { code: 'MILL_OPTION_INVALID' })
})

test('refuses the same step twice, whose learning could not be undone', () => {
  const scaler = new StandardScaler()
  assert.throws(() => new Pipeline(scaler, scaler, new LinearRegression()), { code: 'MILL_OPTION_INVALID' })
})

test('refuses a state with a step whose names are others, or in another order', () => {
  const scaler = new StandardScaler()
  scaler.learnOne({ a: 1, b: 2 })
  const regressor = new LinearRegression()
  regressor.learnOne({ a: 1, b: 2 }, 3)
  const state = (names: string[]) => {
    return encodeState('Pipeline', 1, { names, transformers: [scaler.toState()], regressor: regressor.toState() })
  }
  Pipeline.fromState(state(['a', 'b']))
  for (const names of [['b', 'a'], ['a', 'c'], ['a']]) {
    assert.throws(() => Pipeline.fromState(state(names)), { code: 'MILL_STATE_INVALID' })
  }
})

test('a forest behind two scalers that centre is restored, however large the rows become', () => {
  const steps = [new StandardScaler({ withStd: false }), new StandardScaler({ withStd: false })]
  const model = new Pipeline(...steps, new AmfRegressor({ trees: 1 }))
  // The first mean comes to 0.8e100, so that the last row becomes -1.8e100; the second mean is above 0 by then.
  for (let index = 0; index < 100; index++) model.learnOne({ a: index < 10 ? -1e100 : 1e100 }, 0)
  model.learnOne({ a: -1e100 }, 0)
  assert.deepEqual(Pipeline.fromState(model.toState()).toState(), model.toState())
})

test('refuses a state whose steps do not fit together', () => {
  const scaler = new StandardScaler().toState()
  const regressor = new LinearRegression().toState()
  Pipeline.fromState(encodeState('Pipeline', 1, { names: [], transformers: [scaler], regressor }))
  const refused = [
    { names: ['a'], transformers: [scaler], regressor },
    { names: [], transformers: [regressor], regressor },
    { names: [], transformers: [scaler], regressor: scaler },
    { names: [], transformers: [1], regressor },
    { names: [], transformers: [scaler], regressor: regressor.slice(1) },
    { names: [], transformers: [scaler] }
  ]
  for (const fields of refused)
    assert.throws(() => Pipeline.fromState(encodeState('Pipeline', 1, fields)), { code: 'MILL_STATE_INVALID' })
})

/** Its steps overflow unless the error is 0. */
function explosive(): Pipeline {
  return new Pipeline(new StandardScaler(), new LinearRegression({ learningRate: 1e300 }))
}

test('a row with more new names than the limit leaves is refused, and nothing of it stays', () => {
  const model = new Pipeline(new StandardScaler(), new LinearRegression())
  model.limitNames(3)
  model.learnOne({ a: 1, b: 2 }, 3)
  const before = model.toState()
  const x: Record<string, number> = JSON.parse('{"a": 1, "__proto__": 3, "constructor": 4}')
  assert.throws(() => model.learnOne(x, 5), { code: 'MILL_FEATURE_LIMIT', details: { limit: 3 } })
  assert.deepEqual(model.toState(), before)
  model.predictOne(x)
  model.learnOne({ b: 1, c: 2 }, 5)
  model.learnOne({ a: 1, b: 2, c: 3 }, 5)
  assert.throws(() => model.limitNames(0), { code: 'MILL_OPTION_INVALID' })
})

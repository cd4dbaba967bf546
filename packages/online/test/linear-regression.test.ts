import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinearRegression } from '../src/linear-regression.ts'
import { encodeState } from '../src/state.ts'

test('steps down the gradient of the squared error, which has the factor 2', () => {
  const model = new LinearRegression({ learningRate: 0.1, interceptLearningRate: 0.5 })
  model.learnOne({ a: 2 }, 3) // Gradient 2 (0 - 3) = -6: weight 0.1 · 6 · 2, intercept 0.5 · 6.
  assert.ok(Math.abs(model.weights.get('a')! - 1.2) < 1e-15)
  assert.equal(model.intercept, 3)
  assert.equal(model.predictOne({ a: 10 }), 10 * model.weights.get('a')! + 3)
})

test('starts from the given intercept, and predicts it before anything is learned', () => {
  const model = new LinearRegression({ interceptInit: 7 })
  assert.equal(model.canPredict, true)
  assert.equal(model.predictOne({ a: 3 }), 7)
})

test('a name comes late and starts with weight 0', () => {
  const model = new LinearRegression({ learningRate: 0.25, interceptLearningRate: 0 })
  model.learnOne({ a: 1 }, 2) // a: 0.25 · 2 · 2 = 1
  model.learnOne({ a: 1, b: 2 }, 2) // Predicted 1, gradient -2: a += 0.5, b = 0.25 · 2 · 2 = 1
  assert.deepEqual(
    [...model.weights],
    [
      ['a', 1.5],
      ['b', 1]
    ]
  )
})

test('an unknown name counts as weight 0 and gets none by predicting', () => {
  const model = new LinearRegression()
  model.learnOne({ a: 1 }, 1)
  assert.equal(model.predictOne({ a: 1, b: 1e9 }), model.predictOne({ a: 1 }))
  assert.deepEqual([...model.weights.keys()], ['a'])
})

for (const options of [{}, { l1: 0.1 }, { l2: 0.5 }]) {
  test(`the weight of an absent feature stays, with ${JSON.stringify(options)}`, () => {
    const model = new LinearRegression(options)
    model.learnOne({ a: 1, b: 2 }, 3)
    const before = model.weights.get('b')!
    assert.notEqual(before, 0)
    for (let row = 0; row < 5; row++) model.learnOne({ a: 1 }, 9)
    assert.equal(model.weights.get('b'), before)
  })
}

test('l2 shrinks the weights of the features present, not the intercept', () => {
  const model = new LinearRegression({ learningRate: 0.5, l2: 0.5 })
  model.learnOne({ a: 1 }, 1) // Gradient -2: weight 1, intercept 0.02.
  assert.equal(model.weights.get('a'), 1)
  const { intercept } = model
  model.learnOne({ a: 1 }, model.predictOne({ a: 1 })) // No error, only the penalty: 1 - 0.5 · 0.5 · 1.
  assert.equal(model.weights.get('a'), 0.75)
  assert.equal(model.intercept, intercept)
})

test('l1 takes the penalty of all rows so far from a weight, but not past 0', () => {
  const model = new LinearRegression({ learningRate: 0.5, interceptLearningRate: 0, l1: 0.25 })
  model.learnOne({ a: 1 }, 1) // Weight 1, penalty 0.25 · 0.5.
  assert.equal(model.weights.get('a'), 0.875)
  model.learnOne({ b: 1 }, 0.0625) // Gradient -0.125: weight 0.0625, penalty due 0.25: stops at 0.
  assert.equal(model.weights.get('b'), 0)
  model.learnOne({ a: 1 }, 0.875) // No error. Penalty due 0.375, 0.125 of it received already.
  assert.equal(model.weights.get('a'), 0.625)
  model.learnOne({ a: 1 }, -1) // Gradient 3.25: weight -1; penalty due 0.5, received -0.375: -1 + 0.5 + 0.375.
  assert.equal(model.weights.get('a'), -0.125)
})

test('the gradient of the loss is clipped before it meets the features', () => {
  const model = new LinearRegression({ learningRate: 0.5, interceptLearningRate: 0.5, clipGradient: 2 })
  model.learnOne({ a: 3 }, 100)
  assert.deepEqual([model.weights.get('a'), model.intercept], [3, 1])
  model.learnOne({ b: 3 }, -100)
  assert.deepEqual([model.weights.get('b'), model.intercept], [-3, 0])
})

test('refuses options that cannot be', () => {
  const refused = [
    { learningRate: 0 },
    { learningRate: NaN },
    { interceptLearningRate: -1 },
    { interceptInit: Infinity },
    { l1: -1 },
    { l2: NaN },
    { clipGradient: 0 },
    { l1: 1, l2: 1 }
  ]
  for (const options of refused) {
    assert.throws(() => new LinearRegression(options), { code: 'MILL_OPTION_INVALID' }, JSON.stringify(options))
  }
})

test('a step that overflows leaves weights, intercept and names as they were', () => {
  const model = new LinearRegression({ learningRate: 1e200 })
  model.learnOne({ a: 1e-200 }, 1)
  const before = model.toState()
  assert.throws(() => model.learnOne({ a: 1, b: 1e100 }, 1e100), { code: 'MILL_VALUE_NOT_FINITE' })
  assert.deepEqual(model.toState(), before)
})

test('a prediction that overflows is refused', () => {
  const model = new LinearRegression({ learningRate: 1e120 })
  model.learnOne({ a: 1e90 }, 1) // Weight 2e210.
  assert.throws(() => model.predictOne({ a: 1e100 }), { code: 'MILL_VALUE_NOT_FINITE' })
})

test('refuses a state that no learner could have', () => {
  const options = { learningRate: 1, interceptLearningRate: 0, interceptInit: 0, l1: 0, l2: 0, clipGradient: 1 }
  const arrays = { names: ['a'], weights: Float64Array.of(1), penalties: Float64Array.of(0) }
  const state = { options, ...arrays, intercept: 0, penalty: 0 }
  LinearRegression.fromState(encodeState('LinearRegression', 1, state))
  const refused = [
    { options: { ...options, learningRate: -1 } },
    { options: { ...options, l1: 1, l2: 1 } },
    { options: { ...options, interceptInit: NaN } },
    { weights: Float64Array.of(NaN) },
    { weights: Float64Array.of(1, 2) },
    { weights: [1] },
    { intercept: Infinity },
    { penalty: NaN },
    { penalties: Float64Array.of(-Infinity) },
    { names: ['a', 'a'] },
    { names: [1] }
  ]
  for (const change of refused) {
    const bytes = encodeState('LinearRegression', 1, { ...state, ...change })
    assert.throws(() => LinearRegression.fromState(bytes), { code: 'MILL_STATE_INVALID' }, JSON.stringify(change))
  }
})

test('an L1 penalty beyond a double is refused, and leaves the model as it was', () => {
  const model = new LinearRegression({ l1: 1e308, learningRate: 1, interceptLearningRate: 0 })
  model.learnOne({ a: 1 }, 1)
  const before = model.toState()
  assert.throws(() => model.learnOne({ b: 1 }, 1), { code: 'MILL_VALUE_NOT_FINITE', details: { name: 'penalty' } })
  assert.deepEqual(model.toState(), before)
  assert.deepEqual(LinearRegression.fromState(before).toState(), before)
})

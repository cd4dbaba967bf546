import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  createLearner,
  describeLearner,
  isSameRecipe,
  learnerNames,
  learnerParameters
} from '../src/learning/catalog.ts'

describe('the catalog', () => {
  for (const name of learnerNames) {
    test(`${name} predicts 0 when fresh, then learns`, () => {
      const learner = createLearner(name, { seed: 1 })
      assert.equal(learner.predictOne({ a: 1 }), 0)
      for (let row = 1; row <= 200; row++) learner.learnOne({ a: row % 10 }, 3)
      assert.ok(Math.abs(learner.predictOne({ a: 5 }) - 3) < 0.2)
      assert.match(describeLearner(name, { seed: 1 }).text, /^StandardScaler \| \w+\(/)
    })
  }
})

describe('parameters', () => {
  test('go by the names that users of River know, and by those in code', () => {
    const values = { neighbors: 9, window: 50, aggregation: 'median', min_distance_keep: 0.5 }
    for (const parameters of [
      values,
      { n_neighbors: 9, window_size: 50, aggregation_method: 'median', minDistanceKeep: 0.5 }
    ]) {
      assert.deepEqual(learnerParameters('knn_regressor', { seed: 1, parameters }), values)
    }
  })

  test('change what is learned', () => {
    const learned = [1, 2, 3].map(value => ({ x: { a: value }, y: value }))
    const [one, three] = [1, 3].map(window => createLearner('knn_regressor', { seed: 1, parameters: { window } }))
    for (const { x, y } of learned) for (const learner of [one!, three!]) learner.learnOne(x, y)
    // The last row alone, and the mean of all three.
    assert.deepEqual([one!.predictOne({ a: 5 }), three!.predictOne({ a: 5 })], [3, 2])
  })

  test('are read from texts, as a command line has them', () => {
    const parameters = { trees: ' 7 ', use_aggregation: 'False', step: '1e-3' }
    const { trees, use_aggregation, step } = learnerParameters('amf_regressor', { seed: 1, parameters })
    assert.deepEqual({ trees, use_aggregation, step }, { trees: 7, use_aggregation: false, step: 0.001 })
  })

  test('take the seed only where it matters, and then from either place', () => {
    assert.equal('seed' in learnerParameters('linear_regression', { seed: 7 }), false)
    assert.equal(learnerParameters('amf_regressor', { seed: 7 })['seed'], 7)
    assert.equal(learnerParameters('amf_regressor', { seed: 7, parameters: { seed: '8' } })['seed'], 8)
  })

  for (const [what, name, parameters, message] of [
    [
      'unknown',
      'knn_regressor',
      { k: 9 },
      /has no parameter k; it has neighbors or n_neighbors, window or window_size/
    ],
    ['of another learner', 'linear_regression', { trees: 9 }, /linear_regression has no parameter trees/],
    ['named __proto__', 'linear_regression', JSON.parse('{"__proto__": 9}'), /has no parameter __proto__/],
    ['given by two names', 'knn_regressor', { neighbors: 9, n_neighbors: 9 }, /n_neighbors must be given once/],
    ['not a number', 'knn_regressor', { neighbors: 'many' }, /neighbors must be a number, got many/],
    ['empty', 'knn_regressor', { neighbors: ' ' }, /neighbors must be a number/],
    ['NaN', 'linear_regression', { l2: NaN }, /l2 must be a number, got NaN/],
    ['neither true nor false', 'amf_regressor', { use_aggregation: 'no' }, /use_aggregation must be a boolean, got no/],
    ['out of range', 'knn_regressor', { neighbors: 0 }, /neighbors must be an integer from 1/],
    ['a choice that there is not', 'knn_regressor', { aggregation: 'mode' }, /aggregation must be one of mean, median/],
    ['at odds with each other', 'ridge_regression', { l1: 1 }, /l1 must be 0 when l2 is not/]
  ] as const) {
    test(`that are ${what} are refused`, () => {
      assert.throws(() => createLearner(name, { seed: 1, parameters }), { code: 'MILL_OPTION_INVALID', message })
    })
  }

  test('are told where they are not at their defaults', () => {
    assert.equal(
      describeLearner('knn_regressor', { seed: 1 }).text,
      'StandardScaler | KnnRegressor(neighbors=5, window=1000, search=exact)'
    )
    assert.deepEqual(describeLearner('linear_regression', { seed: 1, parameters: { lr: 0.5, l1: 2 } }).attributes, {
      learning_rate: '0.5',
      intercept_learning_rate: '0.01',
      l1: '2'
    })
  })
})

test('recipes are the same when all parameters are, those that an older version did not know at their defaults', () => {
  const made = { learner: 'amf_regressor', parameters: { trees: 10, seed: 7 } }
  const wanted = { learner: 'amf_regressor', parameters: learnerParameters('amf_regressor', { seed: 7 }) }
  assert.equal(isSameRecipe(made, wanted), true)
  assert.equal(isSameRecipe({ ...made, parameters: { seed: 8 } }, wanted), false)
  assert.equal(isSameRecipe({ ...made, learner: 'knn_regressor', parameters: {} }, wanted), false)
})

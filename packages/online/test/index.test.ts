import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as online from '../src/index.ts'

test('exports what it promises and nothing else', () => {
  assert.deepEqual(Object.keys(online).toSorted(), [
    'AmfRegressor',
    'KnnRegressor',
    'LastValue',
    'LinearRegression',
    'Mae',
    'Mape',
    'Mse',
    'Pipeline',
    'R2',
    'Rmse',
    'Rolling',
    'SeasonalNaive',
    'Smape',
    'StandardScaler',
    'decodeState',
    'encodeState',
    'learnerFromState',
    'metricFromState'
  ])
})

test('a state can be read without knowing the learner', () => {
  const model = new online.Pipeline(new online.StandardScaler(), new online.LinearRegression())
  model.learnOne({ speed: 3 }, 5)
  const state = online.decodeState(model.toState())
  assert.equal(state.string('kind'), 'Pipeline')
  assert.deepEqual(state.strings('names'), ['speed'])
  const regressor = online.decodeState(state.bytes('regressor'))
  assert.deepEqual([regressor.string('kind'), regressor.number('intercept')], ['LinearRegression', 0.1])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelMetrics } from '@millrace/engine'
import { createBaselines } from '../src/pipeline/baselines.ts'
import { createBoard } from '../src/pipeline/board.ts'

const scores: ModelMetrics = {
  count: 1,
  mae: 1,
  mse: 4,
  rmse: 2,
  mape: 3,
  lastPrediction: 0,
  lastActual: 0,
  lastError: 0,
  windows: []
}

function board() {
  return createBoard({
    version: '0.1.0',
    addresses: [],
    intervalSeconds: 1,
    resetUrl: 'http://127.0.0.1/reset',
    models: ['linear_regression']
  })
}

function step(observationId: number, target: number, prediction: number | undefined) {
  const metrics = prediction === undefined ? undefined : scores
  return {
    outcome: 'done' as const,
    observation: { observationId, input: `month ${observationId}`, target, remaining: 10 - observationId },
    features: {},
    target,
    availableLags: 0,
    models: [{ label: 'linear_regression', prediction, metrics, error: undefined, ms: 1 }],
    ms: 1
  }
}

test('baselines predict the last value and the value of a season ago, and score only what they predicted', () => {
  const baselines = createBaselines({ season: 2 })
  assert.deepEqual(baselines.names, ['last_value', 'seasonal_naive'])
  const [last, seasonal] = baselines.step(10)
  // Like the models, the last value begins with 0; a season has to pass before there is a value of a season ago.
  assert.deepEqual(last, { label: 'last_value', prediction: 0, metrics: { mae: 10, rmse: 10, mape: 100 } })
  assert.deepEqual(seasonal, { label: 'seasonal_naive', prediction: undefined, metrics: undefined })
  baselines.step(16)
  const [laterLast, laterSeasonal] = baselines.step(20)
  // The last value erred by 10 of 10, 6 of 16 and 4 of 20; the seasonal one by 10 of 20.
  assert.equal(laterLast!.prediction, 16)
  assertNear(laterLast!.metrics!.mae, 20 / 3)
  assertNear(laterLast!.metrics!.rmse, Math.sqrt(152 / 3))
  assertNear(laterLast!.metrics!.mape, (100 + 37.5 + 20) / 3)
  assert.deepEqual(laterSeasonal, { label: 'seasonal_naive', prediction: 10, metrics: { mae: 10, rmse: 10, mape: 50 } })
})

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)
}

test('the board has a row for every model and baseline before anything happened', () => {
  const { state } = board()
  assert.deepEqual(
    state.rows.map(({ name, isBaseline, prediction }) => [name, isBaseline, prediction]),
    [
      ['linear_regression', false, undefined],
      ['last_value', true, undefined],
      ['seasonal_naive', true, undefined]
    ]
  )
  assert.equal(state.position, undefined)
})

test('a step moves the position and fills the rows', () => {
  const { state, stepped } = board()
  stepped(step(1, 112, 0))
  stepped(step(2, 118, 120))
  assert.deepEqual(state.position, { number: 2, total: 10, input: 'month 2' })
  const [linear, last] = state.rows
  assert.deepEqual([linear!.prediction, linear!.actual, linear!.metrics], [120, 118, scores])
  assert.deepEqual(linear!.recentErrors, [112, 2])
  assert.deepEqual([last!.prediction, last!.recentErrors], [112, [112, 6]])
})

test('a model that failed keeps its score and has no prediction', () => {
  const { state, stepped } = board()
  stepped(step(1, 112, 0))
  stepped(step(2, 118, undefined))
  const [linear] = state.rows
  assert.deepEqual([linear!.prediction, linear!.metrics, linear!.recentErrors], [undefined, scores, [112, undefined]])
})

test('the end of the stream is shown until the next step', () => {
  const { state, stepped, exhausted } = board()
  exhausted()
  assert.equal(state.isExhausted, true)
  stepped(step(1, 112, 0))
  assert.equal(state.isExhausted, false)
})

test('no more errors are kept than the widest sparkline shows', () => {
  const { state, stepped } = board()
  for (let index = 0; index < 100; index++) stepped(step(index, index, 0))
  assert.equal(state.rows[0]!.recentErrors.length, 40)
  assert.equal(state.rows[0]!.recentErrors.at(-1), 99)
})

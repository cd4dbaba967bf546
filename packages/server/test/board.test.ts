import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ModelMetrics } from '@millrace/engine'
import { createBaselines } from '../src/pipeline/baselines.ts'
import { type Board, createBoard } from '../src/pipeline/board.ts'

/** What a model tells that has learned `count` rows, the last of which was `actual`. */
function scores(count: number, actual = 0, prediction = 0): ModelMetrics {
  const lastError = Math.abs(actual - prediction)
  const means = { mae: 1, mse: 4, rmse: 2, mape: 3 }
  return { count, ...means, lastPrediction: prediction, lastActual: actual, lastError, windows: [] }
}

/** A board over one model of the pipeline and that of the inference service, whose scores the test sets. */
function stubBoard({ intervalSeconds = 1 } = {}) {
  const told = { linear: scores(0), inference: scores(0) }
  const board = createBoard({
    version: '0.1.0',
    addresses: [],
    intervalSeconds,
    isReader: false,
    resetUrl: 'http://127.0.0.1/reset',
    models: [
      { name: 'linear_regression', model: { metrics: () => told.linear } },
      { name: 'inference', model: { metrics: () => told.inference }, isHiddenUntilUsed: true }
    ]
  })
  return { board, told }
}

/** A step that found the model down when there is no prediction; it comes again then. */
function step(observationId: number, target: number, prediction: number | undefined) {
  const metrics = prediction === undefined ? undefined : scores(observationId, target, prediction)
  const id = `key ${observationId}`
  const place = { input: `month ${observationId}`, remaining: 10 - observationId, observationKey: id }
  return {
    outcome: 'done' as const,
    observation: { observationId, target, ...place },
    id,
    isCommitted: metrics !== undefined,
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
  assert.deepEqual(last, { label: 'last_value', prediction: 0, metrics: { count: 1, mae: 10, rmse: 10, mape: 100 } })
  assert.deepEqual(seasonal, { label: 'seasonal_naive', prediction: undefined, metrics: undefined })
  baselines.step(16)
  const [laterLast, laterSeasonal] = baselines.step(20)
  // The last value erred by 10 of 10, 6 of 16 and 4 of 20; the seasonal one by 10 of 20.
  assert.equal(laterLast!.prediction, 16)
  assertNear(laterLast!.metrics!.mae, 20 / 3)
  assertNear(laterLast!.metrics!.rmse, Math.sqrt(152 / 3))
  assertNear(laterLast!.metrics!.mape, (100 + 37.5 + 20) / 3)
  assert.deepEqual(laterSeasonal, {
    label: 'seasonal_naive',
    prediction: 10,
    metrics: { count: 1, mae: 10, rmse: 10, mape: 50 }
  })
})

function assertNear(actual: number, expected: number): void {
  assert.ok(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`)
}

const names = (board: Board): string[] => board.state.rows.map(({ name }) => name)

test('the board has a row for every model of the pipeline and every baseline before anything happened', () => {
  const { board } = stubBoard()
  assert.deepEqual(names(board), ['linear_regression', 'last_value', 'seasonal_naive'])
  assert.deepEqual(
    board.state.rows.map(({ isBaseline, count, prediction }) => [isBaseline, count, prediction]),
    [
      [false, 0, undefined],
      [true, 0, undefined],
      [true, 0, undefined]
    ]
  )
  assert.equal(board.state.position, undefined)
})

test('a step moves the position and fills the rows', () => {
  const { board } = stubBoard()
  board.stepped(step(1, 112, 0))
  board.stepped(step(2, 118, 120))
  assert.deepEqual(board.state.position, { number: 2, total: 10, input: 'month 2' })
  const [linear, last] = board.state.rows
  assert.deepEqual([linear!.count, linear!.prediction, linear!.actual], [2, 120, 118])
  assert.deepEqual([linear!.metrics, linear!.recentErrors], [scores(2, 118, 120), [112, 2]])
  assert.deepEqual([last!.count, last!.prediction, last!.recentErrors], [2, 112, [112, 6]])
})

test('a model that failed keeps its score and has no prediction', () => {
  const { board } = stubBoard()
  board.stepped(step(1, 112, 0))
  board.stepped(step(2, 118, undefined))
  const [linear] = board.state.rows
  assert.deepEqual(
    [linear!.count, linear!.prediction, linear!.metrics, linear!.recentErrors],
    [1, undefined, scores(1, 112, 0), [112, undefined]]
  )
})

test('what requests teach a model shows at the next look, once', () => {
  const { board, told } = stubBoard()
  board.stepped(step(1, 112, 0))
  told.linear = scores(1, 112, 0)
  assert.equal(board.refresh(), false)
  told.linear = scores(4, 50, 47)
  assert.equal(board.refresh(), true)
  const [linear, last] = board.state.rows
  assert.deepEqual([linear!.count, linear!.prediction, linear!.actual], [4, 47, 50])
  assert.deepEqual(linear!.recentErrors, [112, 3])
  assert.deepEqual([last!.count, last!.actual], [1, 112])
  assert.equal(board.refresh(), false)
})

test('the model of the inference service appears when somebody teaches it', () => {
  const { board, told } = stubBoard()
  told.inference = scores(1, 5, 4)
  assert.equal(board.refresh(), true)
  assert.deepEqual(names(board), ['linear_regression', 'inference', 'last_value', 'seasonal_naive'])
})

test('there are no baselines while stepping is off', () => {
  const { board } = stubBoard({ intervalSeconds: 0 })
  assert.deepEqual(names(board), ['linear_regression'])
})

test('the end of the stream is shown until the next step', () => {
  const { board } = stubBoard()
  board.exhausted()
  assert.equal(board.state.isExhausted, true)
  board.stepped(step(1, 112, 0))
  assert.equal(board.state.isExhausted, false)
})

test('no more errors are kept than the widest sparkline shows', () => {
  const { board } = stubBoard()
  for (let index = 1; index < 100; index++) board.stepped(step(index, index, 0))
  assert.equal(board.state.rows[0]!.recentErrors.length, 40)
  assert.equal(board.state.rows[0]!.recentErrors.at(-1), 99)
})

test('an observation that comes again until a model has learned it counts once', () => {
  const { board, told } = stubBoard()
  board.stepped(step(1, 112, 0))
  for (let attempt = 0; attempt < 3; attempt++) board.stepped(step(2, 118, undefined))
  assert.deepEqual(board.state.waitingFor, ['linear_regression'])
  assert.deepEqual(board.state.position, { number: 2, total: 10, input: 'month 2' })
  const [waiting, last] = board.state.rows
  assert.deepEqual([waiting!.prediction, waiting!.recentErrors], [undefined, [112, undefined]])
  assert.deepEqual([last!.count, last!.recentErrors], [2, [112, 6]])

  told.linear = scores(2, 118, 120)
  board.stepped(step(2, 118, 120))
  board.refresh()
  assert.deepEqual(board.state.waitingFor, [])
  const [linear, lastAfter] = board.state.rows
  assert.deepEqual([linear!.count, linear!.prediction, linear!.recentErrors], [2, 120, [112, 2]])
  assert.deepEqual([lastAfter!.count, lastAfter!.recentErrors], [2, [112, 6]])
})

test('a model that knew something before the board began is resumed', () => {
  assert.equal(stubBoard().board.state.isResumed, false)
  const models = [{ name: 'linear_regression', model: { metrics: () => scores(5, 1, 1) } }]
  const setup = { version: '0.1.0', addresses: [], intervalSeconds: 1, isReader: false, resetUrl: '' }
  assert.equal(createBoard({ ...setup, models }).state.isResumed, true)
})

test('after a restart the baselines know the values that came before, and are not scored on them', () => {
  const { board } = stubBoard()
  const lags = Array.from({ length: 15 }, (_, index) => [`in_${index + 1}`, 200 - index])
  board.stepped({ ...step(16, 210, 205), features: Object.fromEntries(lags), availableLags: 13 })
  const [, last, seasonal] = board.state.rows
  // The value before was 200; that of 12 steps ago, in_12, was 189.
  assert.deepEqual([last!.count, last!.prediction, last!.recentErrors], [1, 200, [10]])
  assert.deepEqual([seasonal!.count, seasonal!.prediction, seasonal!.recentErrors], [1, 189, [21]])
})

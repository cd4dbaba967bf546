import assert from 'node:assert/strict'
import { test } from 'node:test'
import { learnerNames } from '@millrace/engine'
import type { App } from '../src/app-type.ts'
import { get, inference, model, post } from './services.ts'

const example = { features: { in_1: 125, in_2: 120, in_3: 115 }, target: 130 }

/** What a model forecasts, beside the id of the prediction, which is another one each time. */
async function forecast(app: App, features: object): Promise<{ value: number }[]> {
  const { body } = await post(app, '/predict', { features })
  return (body as { forecast: { value: number }[] }).forecast
}

test('predicts, learns, and answers with the prediction made before learning', async () => {
  const app = await model()
  assert.deepEqual(await forecast(app, example.features), [{ value: 0 }])
  assert.deepEqual(await post(app, '/predict_learn', example), { status: 200, body: { prediction: 0 } })
  assert.deepEqual(await post(app, '/train', example), {
    status: 200,
    body: { message: 'Model trained successfully' }
  })
  // First step from 0 with learning rate 0.01: intercept 0.01 * 2 * 130 = 2.6, weights 0 because one sample has no spread.
  // Second: error 2.6 - 130, intercept 2.6 + 0.01 * 2 * 127.4 = 5.148.
  assert.ok(Math.abs((await forecast(app, example.features))[0]!.value - 5.148) < 1e-9)
})

test('a fresh model of every kind answers 0, not null', async () => {
  for (const name of learnerNames) {
    const app = await model(name)
    assert.deepEqual(await forecast(app, {}), [{ value: 0 }], name)
    assert.deepEqual((await post(app, '/predict_learn', example)).body, { prediction: 0 }, name)
  }
})

test('predicting changes neither model nor metrics', async () => {
  const app = await model()
  for (let i = 0; i < 3; i++) await post(app, '/predict', { features: example.features })
  const { body } = await get(app, '/model_metrics')
  assert.equal((body as { message: string }).message, 'No predictions available yet')
})

test('metrics tell of training and learning alike, rounded to 4 decimals', async () => {
  const app = await model()
  await post(app, '/predict_learn', { features: {}, target: 130 })
  await post(app, '/train', { features: {}, target: 0.1 })
  const { body } = await get(app, '/model_metrics')
  // Predictions 0 and 2.6, errors 130 and 2.5: mae 66.25, mse (16900 + 6.25) / 2, mape (100 + 2500) / 2.
  const all = { mae: 66.25, mse: 8453.125, rmse: 91.9409, mape: 1300 }
  const reply = body as { default: Record<string, number>; model_info: Record<string, unknown> }
  const { last_prediction, last_actual, last_error, ...rounded } = reply.default
  assert.deepEqual(rounded, {
    count: 2,
    ...all,
    ...Object.fromEntries([5, 10, 20].flatMap(size => Object.entries(all).map(([key, v]) => [`${key}_${size}`, v])))
  })
  assert.ok(Math.abs(last_prediction! - 2.6) < 1e-12)
  assert.equal(last_actual, 0.1)
  assert.equal(last_error, Math.abs(0.1 - last_prediction!))
  assert.equal(reply.model_info['model_type'], 'Pipeline')
  assert.equal(reply.model_info['model_name'], 'linear_regression')
  assert.ok(String(reply.model_info['model_str']).length <= 200)
})

test('forecasts five steps unless told how many', async () => {
  const app = await model()
  await post(app, '/train', example)
  const { body } = await post(app, '/predict_many', { features: example.features })
  assert.deepEqual(
    (body as { forecast: { step: number }[] }).forecast.map(({ step }) => step),
    [1, 2, 3, 4, 5]
  )
  const one = await post(app, '/predict_many', { features: example.features, steps: 1 })
  assert.equal((one.body as { forecast: unknown[] }).forecast.length, 1)
  for (const steps of [0, 1001, 1.5, '5']) {
    assert.equal((await post(app, '/predict_many', { features: {}, steps })).status, 422, String(steps))
  }
})

test('names of every kind are features, and may change from call to call', async () => {
  const app = await model()
  const strange = '{"features": {"__proto__": 1, "constructor": 2, "": 3, "a\\nb": 4, "😀": 5}, "target": 1}'
  assert.equal((await post(app, '/train', strange)).status, 200)
  assert.equal((await post(app, '/train', { features: {}, target: 1 })).status, 200)
  assert.equal(Object.keys({}).length + Object.keys(Object.prototype).length, 0)
})

test('info names the model as existing clients know it', async () => {
  const titles = ['River Linear Regression', 'River Ridge Regression', 'River Knn Regressor', 'River Amf Regressor']
  for (const [index, name] of learnerNames.entries()) {
    assert.deepEqual((await get(await model(name), '/info')).body, {
      model_name: titles[index],
      model_version: '0.22.0',
      forecast_horizon: 1,
      feature_agnostic: true,
      regression_model: true,
      available_models: ['linear_regression', 'ridge_regression', 'knn_regressor', 'amf_regressor']
    })
  }
})

test('a prediction that is not finite is an error, not null', async () => {
  const app = await model('linear_regression', {
    predictAndKeep: async () => ({ prediction: Infinity, predictionId: undefined })
  })
  const { status, body } = await post(app, '/predict', { features: {} })
  assert.equal(status, 422)
  assert.equal((body as { code: string }).code, 'MILL_VALUE_NOT_FINITE')
})

test('the inference service answers like a model', async () => {
  const app = await inference()
  assert.deepEqual((await post(app, '/predict_learn', example)).body, { prediction: 0 })
})

test('every prediction has an id of its own', async () => {
  const app = await model()
  const replies = await Promise.all([1, 2].map(() => post(app, '/predict', { features: {} })))
  const ids = replies.map(({ body }) => (body as { prediction_id: string }).prediction_id)
  assert.ok(ids.every(id => typeof id === 'string' && id.length > 0))
  assert.notEqual(ids[0], ids[1])
})

test('health tells how far the model has learned, and how durably', async () => {
  const app = await model()
  const health = { status: 'ok', model_loaded: true, role: 'writer', durability: 'fsync' }
  assert.deepEqual(await get(app, '/health'), { status: 200, body: { ...health, sequence: 1 } })
  await post(app, '/train', example)
  assert.deepEqual((await get(app, '/health')).body, { ...health, sequence: 2 })
})

test('a model that cannot learn is degraded, and says why', async () => {
  const app = await model('linear_regression', {
    health: () => ({ role: 'writer', sequence: 5, snapshotSequence: 3, problem: 'the disk is full' })
  })
  const { status, body } = await get(app, '/health')
  assert.equal(status, 200)
  assert.deepEqual(body, {
    status: 'degraded',
    model_loaded: true,
    role: 'writer',
    sequence: 5,
    durability: 'fsync',
    problem: 'the disk is full'
  })
})

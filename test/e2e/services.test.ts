import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { type Addresses, get, post, startUp, temporaryFolder } from './program.ts'

// The examples of the documents that Millrace keeps to, against the real program.

function startFresh(t: TestContext, env: Record<string, string> = {}) {
  return startUp(t, { MILLRACE_DATA_DIR: temporaryFolder(t), ...env })
}

/** `in_1` to `in_N`: the given values, then zeros. */
function lags(count: number, ...known: number[]): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`in_${index + 1}`, known[index] ?? 0]))
}

test('ingestion hands out the series from its first month', async t => {
  const { addresses } = await startFresh(t)
  const url = addresses.ingestion
  assert.deepEqual((await get(`${url}/health`)).body, { status: 'healthy', total_observations: 744 })
  assert.deepEqual((await get(`${url}/next`)).body, {
    observation_id: 1,
    input: '1949-01',
    target: 112,
    remaining: 743,
    observation_key: 'sample/0/0'
  })
  assert.deepEqual((await get(`${url}/next`)).body, {
    observation_id: 2,
    input: '1949-02',
    target: 118,
    remaining: 742,
    observation_key: 'sample/0/1'
  })
  assert.deepEqual((await get(`${url}/status`)).body, {
    current_index: 2,
    total_observations: 744,
    remaining: 742,
    completed: false
  })
  assert.deepEqual((await post(`${url}/reset`)).body, {
    message: 'Stream reset to beginning',
    total_observations: 744
  })
  const again = await get(`${url}/api/next`)
  const first = { observation_id: 1, input: '1949-01', target: 112, remaining: 743 }
  assert.deepEqual(again.body, { ...first, observation_key: 'sample/1/0' })
})

test('the feature service answers the lags before each value', async t => {
  const { addresses } = await startFresh(t)
  const url = addresses.features
  assert.deepEqual((await get(`${url}/health`)).body, {
    status: 'healthy',
    service: 'feature_service',
    storage: 'sqlite',
    redis_connected: false,
    unreconciled: 0
  })
  assert.deepEqual((await get(`${url}/info`)).body, {
    service: 'feature_service',
    max_lags: 15,
    output_format: 'model_ready_in_1_to_in_15',
    series_info: {}
  })
  const add = (value: number) => post(`${url}/add`, { series_id: 'default', value })
  assert.deepEqual((await add(115)).body, { series_id: 'default', features: lags(15), target: 115, available_lags: 0 })
  assert.deepEqual((await add(120)).body, {
    series_id: 'default',
    features: lags(15, 115),
    target: 120,
    available_lags: 1
  })
  assert.deepEqual((await add(125)).body, {
    series_id: 'default',
    features: lags(15, 120, 115),
    target: 125,
    available_lags: 2
  })
  assert.deepEqual((await get(`${url}/series/default`)).body, {
    series_id: 'default',
    length: 3,
    latest_value: 125,
    available_lags: 3
  })
  assert.equal((await get(`${url}/series/nobody`)).status, 404)
  assert.equal((await post(`${url}/add`, { series_id: 'default', value: 'x' })).status, 422)
})

test('N_LAGS sets how many lags there are', async t => {
  const { addresses } = await startFresh(t, { N_LAGS: '2' })
  for (const value of [1, 2, 3]) await post(`${addresses.features}/add`, { value })
  assert.deepEqual((await post(`${addresses.features}/add`, { value: 4 })).body, {
    series_id: 'default',
    features: { in_1: 3, in_2: 2 },
    target: 4,
    available_lags: 2
  })
})

const first = { features: { in_1: 125, in_2: 120 }, target: 130 }
const second = { features: { in_1: 130, in_2: 125 } }
const third = { features: { in_1: 135, in_2: 130 }, target: 140 }

// After one row every scaled feature is 0. A linear model has only moved its intercept: 0.01 * 2 * 130 = 2.6; a
// neighbour or a leaf answers the one target it knows.
const afterOneRow = { linear_regression: 2.6, ridge_regression: 2.6, knn_regressor: 130, amf_regressor: 130 }

async function checkModel(url: string, model: string, expected: number): Promise<void> {
  assert.deepEqual((await post(`${url}/train`, first)).body, { message: 'Model trained successfully' })
  const forecast = (await post(`${url}/predict`, second)).body as { forecast: { value: number }[] }
  assert.equal(forecast.forecast.length, 1)
  assertNear(forecast.forecast[0]!.value, expected)
  const { prediction } = (await post(`${url}/predict_learn`, third)).body as { prediction: number }
  assertNear(prediction, expected)
  const { default: score } = (await get(`${url}/model_metrics`)).body as { default: Record<string, number> }
  const errors = [130, 140 - expected] // the first prediction of any model is 0
  const mse = (errors[0]! ** 2 + errors[1]! ** 2) / 2
  assert.equal(score['count'], 2)
  assertNear(score['mae']!, (errors[0]! + errors[1]!) / 2, 5e-5)
  assertNear(score['mse']!, mse, 5e-5)
  assertNear(score['rmse']!, Math.sqrt(mse), 5e-5)
  assertNear(score['mape']!, (100 + (100 * errors[1]!) / 140) / 2, 5e-5)
  assert.equal(score['last_prediction'], prediction)
  assert.equal(score['last_actual'], 140)
  assertNear(score['last_error']!, errors[1]!)
  const metrics = await get(`${url}/metrics`)
  assert.match(metrics.type!, /^text\/plain/)
  assert.match(
    String(metrics.body),
    new RegExp(`^ml_model_predictions_total\\{series="default",model="${model}"\\} 2$`, 'm')
  )
}

function assertNear(actual: number, expected: number, tolerance = 1e-9): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`)
}

test('every model trains, predicts, learns and keeps its score, apart from the others', async t => {
  const { addresses } = await startFresh(t)
  for (const [model, expected] of Object.entries(afterOneRow)) {
    const url = addresses[model as keyof Addresses]
    const health = { status: 'ok', model_loaded: true, role: 'writer', durability: 'fsync' }
    // The first record of a journal is the settings of its learner.
    assert.deepEqual((await get(`${url}/health`)).body, { ...health, sequence: 1 })
    const info = (await get(`${url}/info`)).body as Record<string, unknown>
    assert.equal(info['forecast_horizon'], 1)
    assert.equal(info['feature_agnostic'], true)
    assert.deepEqual(info['available_models'], Object.keys(afterOneRow))
    await checkModel(url, model, expected)
  }
  // The learner on the port of the inference service is another one than that of linear_regression.
  await checkModel(addresses.inference, 'linear_regression', 2.6)
})

test('the documented chain of ingestion, features and model gives the lags of the stream', async t => {
  const { addresses } = await startFresh(t)
  let last: unknown
  for (let round = 0; round < 3; round++) {
    const { target } = (await get(`${addresses.ingestion}/next`)).body as { target: number }
    const added = (await post(`${addresses.features}/add`, { series_id: 'manual_test', value: target })).body
    const { features, target: label } = added as { features: object; target: number }
    const learned = await post(`${addresses.inference}/predict_learn`, { features, target: label })
    assert.equal(learned.status, 200)
    last = added
  }
  assert.deepEqual(last, { series_id: 'manual_test', features: lags(15, 118, 112), target: 132, available_lags: 2 })
  const score = (await get(`${addresses.inference}/model_metrics`)).body as { default: { count: number } }
  assert.equal(score.default.count, 3)
})

test('every service describes itself', async t => {
  const { addresses } = await startFresh(t)
  const { 'inference-grpc': grpc, ...overHttp } = addresses
  assert.match(grpc, /^grpc:/)
  for (const url of Object.values(overHttp)) {
    assert.equal((await get(`${url}/health`)).status, 200)
    const document = (await get(`${url}/openapi.json`)).body as { openapi: string }
    assert.match(document.openapi, /^3\.1\./)
    for (const page of ['docs', 'redoc']) assert.match((await get(`${url}/${page}`)).type!, /^text\/html/)
    assert.match((await get(`${url}/metrics`)).type!, /^text\/plain/)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bidFeatures, ctrFeatures, fraudFeatures } from '@millrace/engine'
import { post } from './json.ts'
import { scriptedApp } from './scripted-app.ts'
import { labels, matrix, type Script } from './scripted-models.ts'

const fraud = {
  user_id: 'user_123',
  ip_address: '192.168.1.1',
  user_agent: 'Mozilla/5.0...',
  impressions_24h: 1000,
  clicks_24h: 50
}
const ctr = {
  placement_id: 'placement_456',
  ad_format: 'banner',
  user_segments: ['sports', 'tech'],
  time_of_day: 14,
  day_of_week: 3
}
const bid = {
  placement_id: 'placement_789',
  floor_cpm: 2.5,
  predicted_ctr: 0.025,
  competition_level: 'medium' as const,
  budget_remaining: 1000
}

function chance(probability: number): Script {
  return {
    version: '1.0.0',
    metadata: { outputs: { prediction: 'label', probabilities: 'probabilities' } },
    answer: rows => [
      labels(
        'label',
        rows.map(() => Number(probability > 0.5))
      ),
      matrix(
        'probabilities',
        rows.map(() => [1 - probability, probability])
      )
    ]
  }
}

function bids(price: number, low: number, high: number, metrics: Record<string, number> = {}): Script {
  return {
    version: '1.0.0',
    metadata: { outputs: { prediction: 'bid', low: 'low', high: 'high' }, metrics },
    answer: () => [matrix('bid', [[price]]), matrix('low', [[low]]), matrix('high', [[high]])]
  }
}

/** What is told beside the prediction. */
function around(model: string) {
  return {
    model_name: model,
    model_version: '1.0.0',
    latency_ms: 1.2346,
    cached: false,
    request_id: 'r',
    routing: { model, version: '1.0.0', reason: 'default' }
  }
}

const headers = { 'x-request-id': 'r' }

test('fraud is a probability, and more than one half of it is fraud', async () => {
  for (const [score, isFraud, confidence] of [
    [0.15, false, 0.85],
    [0.5, false, 0.5],
    [0.75, true, 0.75]
  ] as const) {
    const { app, models } = scriptedApp({ fraud_detection: chance(score) })
    for (const url of ['/predict/fraud', '/api/predict/fraud']) {
      const { status, body } = await post(app, url, fraud, headers)
      assert.equal(status, 200)
      const prediction = { fraud_score: score, is_fraud: isFraud }
      assert.deepEqual(body, { ...around('fraud_detection'), prediction, confidence })
    }
    assert.deepEqual([...models.asked[0]!.inputs[0]!.data], [...fraudFeatures(fraud)])
  }
})

test('a click is a probability, of which the model says no more', async () => {
  const { app, models } = scriptedApp({ ctr_prediction: chance(0.025) })
  const { body } = await post(app, '/predict/ctr', ctr, headers)
  assert.deepEqual(body, { ...around('ctr_prediction'), prediction: { predicted_ctr: 0.025 }, confidence: null })
  const { user_segments: _, ...few } = ctr
  assert.equal((await post(app, '/predict/ctr', { ...few, historical_ctr: 0.5 })).status, 200)
  assert.deepEqual([...models.asked[1]!.inputs[0]!.data], [...ctrFeatures({ ...few, historical_ctr: 0.5 })])
})

test('a model of one number says the probability with it', async () => {
  for (const [said, told] of [
    [0.25, 0.25],
    [1.5, 1],
    [-0.5, 0]
  ] as const) {
    const { app } = scriptedApp({ ctr_prediction: { answer: () => [matrix('ctr', [[said]])] } })
    assert.deepEqual((await post(app, '/predict/ctr', ctr)).body['prediction'], { predicted_ctr: told })
  }
})

test('a bid comes with its interval, and with how often that holds if the model says so', async () => {
  const { app, models } = scriptedApp({ bid_optimization: bids(3, 2.75, 3.5, { interval_coverage: 0.8 }) })
  const { body } = await post(app, '/predict/bid', bid, headers)
  const prediction = { optimized_cpm: 3, confidence_interval: [2.75, 3.5] }
  assert.deepEqual(body, { ...around('bid_optimization'), prediction, confidence: 0.8 })
  assert.deepEqual([...models.asked[0]!.inputs[0]!.data], [...bidFeatures(bid)])
  const silent = scriptedApp({ bid_optimization: bids(3, 2.75, 3.5) })
  assert.equal((await post(silent.app, '/predict/bid', bid)).body['confidence'], null)
})

test('a bid is never below the floor, above what the budget allows, or outside of its own interval', async () => {
  const cases: [floor: number, budget: number, model: [number, number, number], expected: [number, number, number]][] =
    [
      [2.5, 1000, [2, 1, 3], [2.5, 2.5, 3]],
      [2.5, 1000, [3, 3.25, 2.75], [3, 3, 3]],
      [2.5, 2.75, [3, 2.625, 4], [2.75, 2.625, 2.75]],
      // The budget pays for 200 impressions at the floor.
      [2.5, 0.5, [3, 2.75, 4], [2.5, 2.5, 2.5]],
      // It does not pay for one.
      [2.5, 0.002, [3, 2.75, 4], [0, 0, 0]],
      [2.5, 0, [3, 2.75, 4], [0, 0, 0]],
      [0, 0, [3, 2.75, 4], [0, 0, 0]],
      [0, 10, [-1, -2, 1], [0, 0, 1]]
    ]
  for (const [floor_cpm, budget_remaining, model, [optimized, low, high]] of cases) {
    const { app } = scriptedApp({ bid_optimization: bids(...model) })
    const { body } = await post(app, '/predict/bid', { ...bid, floor_cpm, budget_remaining })
    assert.deepEqual(body['prediction'], { optimized_cpm: optimized, confidence_interval: [low, high] })
  }
})

const json = '{"a": 1}'
const wrong: [url: string, good: object, field: string, values: unknown[]][] = [
  ['/predict/fraud', fraud, 'user_id', [undefined, null, 1, true, []]],
  ['/predict/fraud', fraud, 'ip_address', [undefined, null, 1]],
  ['/predict/fraud', fraud, 'user_agent', [undefined, null, {}]],
  ['/predict/fraud', fraud, 'impressions_24h', [undefined, null, -1, 1.5, '1000', true, 1e300]],
  ['/predict/fraud', fraud, 'clicks_24h', [undefined, null, -1, 0.5, '50', false]],
  ['/predict/fraud', fraud, 'app_id', [1, true]],
  ['/predict/fraud', fraud, 'device_info', [1, 'phone', []]],
  ['/predict/ctr', ctr, 'placement_id', [undefined, 7]],
  ['/predict/ctr', ctr, 'ad_format', [undefined, 7]],
  ['/predict/ctr', ctr, 'user_segments', ['sports', [1], null, {}]],
  ['/predict/ctr', ctr, 'time_of_day', [undefined, -1, 24, 14.5, '14', true]],
  ['/predict/ctr', ctr, 'day_of_week', [undefined, -1, 7, 0.5, '3']],
  ['/predict/ctr', ctr, 'historical_ctr', [-0.1, 1.1, '0.5', true]],
  ['/predict/bid', bid, 'placement_id', [undefined, null]],
  ['/predict/bid', bid, 'floor_cpm', [undefined, -0.01, '2.5', true, null]],
  ['/predict/bid', bid, 'predicted_ctr', [undefined, -0.01, 1.01, '0.025']],
  ['/predict/bid', bid, 'competition_level', [undefined, 'extreme', 'LOW', '', 1, null]],
  ['/predict/bid', bid, 'budget_remaining', [undefined, -1, '1000', 1e300]]
]

test('a field that is missing or wrong is named', async () => {
  const { app, models } = scriptedApp({
    fraud_detection: chance(0.1),
    ctr_prediction: chance(0.1),
    bid_optimization: bids(1, 1, 1)
  })
  for (const [url, good, field, values] of wrong) {
    for (const value of values) {
      const { status, body } = await post(app, url, { ...good, [field]: value })
      assert.equal(status, 422, `${url} ${field} ${JSON.stringify(value)}`)
      const [{ loc }] = body['detail'] as [{ loc: unknown[] }]
      assert.deepEqual(loc.slice(0, 2), ['body', field])
    }
    for (const number of ['1e400', '-1e400']) {
      const text = JSON.stringify({ ...good, [field]: 'here' }).replace('"here"', number)
      assert.equal((await post(app, url, text)).status, 422)
    }
    for (const body of [json, '[]', 'null', '""', '{']) assert.equal((await post(app, url, body)).status, 422)
  }
  assert.equal(models.asked.length, 0)
})

test('optional fields may be left out, and unknown ones are passed over', async () => {
  const { app } = scriptedApp({ fraud_detection: chance(0.1), ctr_prediction: chance(0.1) })
  const device_info = { rooted: true, model: 'x' }
  for (const more of [{ app_id: null, device_info: null }, { app_id: 'a', device_info }, { new_field: [1] }]) {
    assert.equal((await post(app, '/predict/fraud', { ...fraud, ...more })).status, 200)
  }
  assert.equal((await post(app, '/predict/ctr', { ...ctr, historical_ctr: null, user_segments: [] })).status, 200)
})

test('without its model a route says so', async () => {
  const { app } = scriptedApp({})
  for (const [url, body] of [
    ['/predict/fraud', fraud],
    ['/predict/ctr', ctr],
    ['/predict/bid', bid]
  ] as const) {
    const reply = await post(app, url, body)
    assert.equal(reply.status, 404)
    assert.equal(reply.body['code'], 'MILL_MODEL_NOT_FOUND')
  }
})

test('a model that takes other features than these paths make is no fault of the request', async () => {
  const narrow: Script = { ...chance(0.5), inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }] }
  const { app } = scriptedApp({ fraud_detection: narrow })
  const { status, body } = await post(app, '/predict/fraud', fraud)
  assert.equal(status, 501)
  assert.equal(body['code'], 'MILL_UNSUPPORTED')
  assert.equal(
    body['message'],
    `model fraud_detection takes rows of 2 numbers, and this path makes rows of ${fraudFeatures(fraud).length}`
  )
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { documentApp } from './document-app.ts'
import { get, post } from './json.ts'

// The requests of the documents, word for word, to the models that come with Millrace.

const { app, models } = await documentApp({ after })

const wine = '[7.4, 0.7, 0.0, 1.9, 0.076, 11.0, 34.0, 0.9978, 3.51, 0.56, 9.4]'
const named = `{
    "fixed_acidity": 7.4,
    "volatile_acidity": 0.7,
    "citric_acid": 0.0,
    "residual_sugar": 1.9,
    "chlorides": 0.076,
    "free_sulfur_dioxide": 11.0,
    "total_sulfur_dioxide": 34.0,
    "density": 0.9978,
    "ph": 3.51,
    "sulphates": 0.56,
    "alcohol": 9.4
  }`
const fraud = `{
  "user_id": "user_123",
  "ip_address": "192.168.1.1",
  "user_agent": "Mozilla/5.0...",
  "impressions_24h": 1000,
  "clicks_24h": 50
}`
const ctr = `{
  "placement_id": "placement_456",
  "ad_format": "banner",
  "user_segments": ["sports", "tech"],
  "time_of_day": 14,
  "day_of_week": 3
}`
const bid = `{
  "placement_id": "placement_789",
  "floor_cpm": 2.5,
  "predicted_ctr": 0.025,
  "competition_level": "medium",
  "budget_remaining": 1000.0
}`

/** The documented request with another value in one field. */
function bidWith(field: string, value: unknown): string {
  return JSON.stringify({ ...(JSON.parse(bid) as object), [field]: value })
}

test('every model of the documents is there, at its version', () => {
  const found = models.models().map(({ name, aliases }) => `${name}/${aliases.get('default')}`)
  assert.deepEqual(found, [
    'bid_optimization/1.0.0',
    'ctr_prediction/1.0.0',
    'fraud_detection/1.0.0',
    'random_forest_classifier/1.0.0',
    'tabular_classifier/v1.0',
    'wine_quality/1.0'
  ])
})

test('the wine of the documents is judged the same in every form', async () => {
  const bodies = [`{"features": ${wine}}`, `{"wine_features": ${named}}`, `{"features": ${named}}`]
  for (const url of ['/predict', '/api/predict']) {
    for (const body of bodies) {
      const reply = await post(app, url, body)
      assert.equal(reply.status, 200)
      const { prediction, confidence, model_version, features_processed, processing_time_ms } = reply.body
      // Row 1 of the data: its quality is 5.
      assert.deepEqual([prediction, model_version, features_processed], [5, '1.0', 11])
      assert.ok(typeof confidence === 'number' && confidence > 1 / 6 && confidence <= 1)
      assert.ok(typeof processing_time_ms === 'number' && processing_time_ms > 0)
    }
  }
  const batch = await post(app, '/predict/batch', `{"features_list": [${wine}]}`)
  assert.deepEqual(
    batch.body.map(each => (each as { prediction: number }).prediction),
    [5]
  )
})

test('the requests of the ad platform are answered', async () => {
  for (const prefix of ['', '/api']) {
    const { body: judged } = await post(app, `${prefix}/predict/fraud`, fraud)
    const { fraud_score, is_fraud } = judged['prediction'] as { fraud_score: number; is_fraud: boolean }
    assert.deepEqual([judged['model_name'], judged['model_version']], ['fraud_detection', '1.0.0'])
    assert.ok(fraud_score >= 0 && fraud_score <= 1)
    assert.equal(is_fraud, fraud_score > 0.5)
    assert.ok(Number(judged['confidence']) >= 0.5)

    const { body: clicked } = await post(app, `${prefix}/predict/ctr`, ctr)
    const { predicted_ctr } = clicked['prediction'] as { predicted_ctr: number }
    assert.deepEqual([clicked['model_name'], clicked['model_version']], ['ctr_prediction', '1.0.0'])
    assert.ok(predicted_ctr > 0 && predicted_ctr < 0.5)

    const { body: told } = await post(app, `${prefix}/predict/bid`, bid)
    const { optimized_cpm, confidence_interval } = told['prediction'] as {
      optimized_cpm: number
      confidence_interval: [number, number]
    }
    assert.deepEqual([told['model_name'], told['model_version']], ['bid_optimization', '1.0.0'])
    assert.ok(optimized_cpm >= 2.5 && optimized_cpm <= 1000)
    assert.ok(confidence_interval[0] <= optimized_cpm && optimized_cpm <= confidence_interval[1])
    assert.ok(Number(told['confidence']) > 0.5 && Number(told['confidence']) < 1)
  }
})

async function cpm(body: string): Promise<number> {
  return ((await post(app, '/predict/bid', body)).body['prediction'] as { optimized_cpm: number }).optimized_cpm
}

async function score(clicks: number): Promise<number> {
  const request = { ...(JSON.parse(fraud) as object), clicks_24h: clicks }
  return ((await post(app, '/predict/fraud', request)).body['prediction'] as { fraud_score: number }).fraud_score
}

test('models of ads answer by what they are asked', async () => {
  assert.ok((await cpm(bidWith('floor_cpm', 5))) >= 5)
  assert.ok((await cpm(bidWith('budget_remaining', 3))) <= 3)
  assert.ok((await cpm(bidWith('competition_level', 'high'))) > (await cpm(bidWith('competition_level', 'low'))))
  assert.ok((await score(900)) > (await score(5)))
})

test('health counts at least the three models of the ad platform', async () => {
  const { body } = await get(app, '/health')
  assert.deepEqual([body['status'], body['models_loaded']], ['ok', 6])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { App } from '../src/app-type.ts'
import { get, model, post, send } from './services.ts'

async function predict(app: App, features: object): Promise<{ prediction_id: string }> {
  return (await post(app, '/predict', { features })).body as { prediction_id: string }
}

test('a label scores the prediction as it was made, and teaches the model once', async () => {
  const app = await model()
  const { prediction_id } = await predict(app, { in_1: 1 })
  await post(app, '/train', { features: {}, target: 130 })
  const first = await send(app, '/feedback', { prediction_id, actual: 8 })
  assert.equal(first.text, JSON.stringify({ prediction_id, prediction: 0, actual: 8, error: 8, status: 'learned' }))
  assert.equal(first.isReplayed, false)
  const again = await send(app, '/feedback', { prediction_id, actual: 8 })
  assert.deepEqual([again.status, again.text, again.isReplayed], [200, first.text, true])
  const { body } = await get(app, '/model_metrics')
  assert.equal((body as { default: { count: number } }).default.count, 2)
})

test('another label for the same prediction is a conflict', async () => {
  const app = await model()
  const { prediction_id } = await predict(app, {})
  await send(app, '/feedback', { prediction_id, actual: 8 })
  const { status, text } = await send(app, '/feedback', { prediction_id, actual: 9 })
  assert.equal(status, 409)
  assert.equal((JSON.parse(text) as { code: string }).code, 'MILL_LABEL_CONFLICT')
})

test('a prediction that was never made is not found', async () => {
  const { status, body } = await post(await model(), '/feedback', { prediction_id: 'nobody', actual: 8 })
  assert.equal(status, 404)
  assert.equal((body as { code: string }).code, 'MILL_PREDICTION_NOT_FOUND')
})

test('without room to keep it a prediction has no id, and is good all the same', async () => {
  const app = await model('linear_regression', {
    predictAndKeep: async () => ({ prediction: 3, predictionId: undefined })
  })
  assert.deepEqual(await post(app, '/predict', { features: {} }), { status: 200, body: { forecast: [{ value: 3 }] } })
})

test('a label without prediction, or with one that is not text, is refused', async () => {
  for (const body of [{ actual: 1 }, { prediction_id: 1, actual: 1 }, { prediction_id: '', actual: 1 }]) {
    assert.equal((await post(await model(), '/feedback', body)).status, 422)
  }
  for (const actual of [null, '1', 1e101]) {
    assert.equal((await post(await model(), '/feedback', { prediction_id: 'a', actual })).status, 422)
  }
})

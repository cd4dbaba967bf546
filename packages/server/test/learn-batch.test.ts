import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { largestBatch } from '@millrace/protocol'
import { model, post, send } from './services.ts'

const row = (target: number) => ({ features: {}, target })

test('a batch is learned in its order, like one observation after the other', async () => {
  const [together, apart] = [await model(), await model()]
  const { status, text } = await send(together, '/predict_learn/batch', { observations: [130, 0.1, 7].map(row) })
  assert.equal(status, 200)
  const { predictions, errors } = JSON.parse(text) as { predictions: number[]; errors: unknown[] }
  assert.deepEqual(errors, [])
  for (const [index, target] of [130, 0.1, 7].entries()) {
    const { body } = await post(apart, '/predict_learn', row(target))
    assert.equal(predictions[index], (body as { prediction: number }).prediction)
  }
})

test('an empty batch learns nothing', async () => {
  const { text, isReplayed } = await send(await model(), '/predict_learn/batch', { observations: [] })
  assert.deepEqual([text, isReplayed], ['{"predictions":[],"errors":[]}', false])
})

test('an observation that cannot be learned fails alone, with its place in the batch', async () => {
  const app = await model()
  const observations = [{ ...row(1), observation_id: 'a' }, { ...row(2), observation_id: 'a' }, row(3)]
  const { status, body } = await post(app, '/predict_learn/batch', { observations })
  assert.equal(status, 200)
  const { predictions, errors } = body as { predictions: unknown[]; errors: { index: number; code: string }[] }
  assert.deepEqual(predictions, [0, null, 0.02])
  assert.deepEqual(
    errors.map(({ index, code }) => [index, code]),
    [[1, 'MILL_ID_CONFLICT']]
  )
  assert.deepEqual(Object.keys(errors[0]!), ['index', 'code', 'message', 'details'])
})

test('a batch that comes again gets the same bytes, and says so', async () => {
  const app = await model()
  const observations = [row(130), { ...row(7), observation_id: 'own' }, row(9)]
  const first = await send(app, '/predict_learn/batch', { observations }, { 'idempotency-key': 'K' })
  const again = await send(app, '/predict_learn/batch', { observations }, { 'idempotency-key': 'K' })
  assert.deepEqual([first.isReplayed, again.isReplayed], [false, true])
  assert.equal(again.text, first.text)
})

test('an observation of a batch is known by the key and its place, unless it has an id of its own', async () => {
  const app = await model()
  const observations = [row(130), { ...row(7), observation_id: 'own' }]
  await send(app, '/predict_learn/batch', { observations }, { 'idempotency-key': 'K' })
  for (const [target, observation_id, isKnown] of [
    [130, 'K/0', true],
    [7, 'own', true],
    [7, 'K/1', false]
  ] as const) {
    const { isReplayed } = await send(app, '/train', { ...row(target), observation_id })
    assert.equal(isReplayed, isKnown, observation_id)
  }
})

test('a batch in part known is learned for the rest, and is no repeat', async () => {
  const app = await model()
  await send(app, '/train', { ...row(130), observation_id: 'a' })
  const observations = [
    { ...row(130), observation_id: 'a' },
    { ...row(7), observation_id: 'b' }
  ]
  const { text, isReplayed } = await send(app, '/predict_learn/batch', { observations })
  assert.deepEqual([text, isReplayed], ['{"predictions":[0,2.6],"errors":[]}', false])
})

test('a batch with a fault in one observation is refused as a whole, and the reply says which', async () => {
  const app = await model()
  const cases: [unknown, (string | number)[]][] = [
    [{ features: {} }, ['target']],
    [{ features: { in_1: '1' }, target: 1 }, ['features', 'in_1']],
    [{ ...row(1), observation_id: '' }, ['observation_id']],
    [1, []]
  ]
  for (const [wrong, path] of cases) {
    const { status, body } = await post(app, '/predict_learn/batch', { observations: [row(1), wrong] })
    assert.equal(status, 422)
    const { detail } = body as { detail: { loc: (string | number)[] }[] }
    assert.deepEqual(detail[0]!.loc, ['body', 'observations', 1, ...path])
  }
  assert.deepEqual((await post(app, '/predict_learn', row(1))).body, { prediction: 0 })
})

test('an id of a batch that is not Unicode is refused where it is', async () => {
  const observations = [row(1), { ...row(1), observation_id: '\ud800' }]
  const { status, body } = await post(await model(), '/predict_learn/batch', { observations })
  assert.equal(status, 422)
  const { detail } = body as { detail: { loc: unknown[] }[] }
  assert.deepEqual(detail[0]!.loc, ['body', 'observations', 1, 'observation_id'])
})

test('a batch has a largest size', async () => {
  const observations = Array.from({ length: largestBatch + 1 }, () => row(1))
  const app = await model()
  assert.equal((await post(app, '/predict_learn/batch', { observations: observations.slice(1) })).status, 200)
  const { status, body } = await post(app, '/predict_learn/batch', { observations })
  assert.equal(status, 422)
  assert.equal(
    (body as { message: string }).message,
    `body.observations: List should have at most ${largestBatch} items`
  )
})

test('a model that cannot learn refuses the whole batch', async () => {
  const app = await model('linear_regression', {
    learnMany: () => Promise.reject(new MillraceError('MILL_STORE_FAILED', 'the disk is full'))
  })
  const { status, body } = await post(app, '/predict_learn/batch', { observations: [row(1)] })
  assert.equal(status, 503)
  assert.equal((body as { code: string }).code, 'MILL_STORE_FAILED')
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type Ledger, memoryLedger } from '@millrace/engine'
import { experimentApp, features } from './experiment-app.ts'
import { request } from './request.ts'

const { app } = await experimentApp({ after }, { env: { AB_TEST_ENABLED: 'false' } })
const feedback = (body: unknown, headers: Record<string, string> = {}) => request(app, 'POST /feedback', body, headers)

const id = 'outcomes'
await request(app, 'POST /experiments', {
  id,
  model: 'tabular_classifier',
  arms: [
    { name: 'old', version: 'v1.0' },
    { name: 'new', version: 'v2.0' }
  ],
  metrics: [
    { name: 'conversion', kind: 'conversion' },
    { name: 'revenue', kind: 'mean' },
    { name: 'accuracy', kind: 'accuracy' },
    { name: 'error', kind: 'error', goal: 'decrease' }
  ]
})
await request(app, `POST /experiments/${id}/start`)

/** Serve a unit. @returns its arm, the id of the request, and what was predicted */
async function serve(unit: string) {
  const { body } = await request(app, 'POST /predict', { features, unit_id: unit })
  return {
    arm: (body['routing'] as { arm: string }).arm,
    requestId: String(body['request_id']),
    prediction: Number(body['prediction'])
  }
}

/** What the units of an arm come to in all. */
const sum = ({ value, count }: { value: number | null; count: number }): number => (value ?? 0) * count

/** What is measured of an arm in a metric. */
async function measured(metric: string, arm: string): Promise<{ count: number; value: number | null; units: number }> {
  const { body } = await request(app, `GET /experiments/${id}/results`)
  const results = body['metrics'] as {
    metric: string
    arms: { arm: string; count: number; value: number; units: number }[]
  }[]
  return results.find(one => one.metric === metric)!.arms.find(one => one.arm === arm)!
}

test('a conversion counts for the arm that served the unit, once however often it comes', async () => {
  const { arm } = await serve('converts')
  const first = await feedback({ unit_id: 'converts', conversion: 1, outcome_id: 'order-1' })
  assert.equal(first.status, 200)
  assert.deepEqual(first.body, {
    status: 'counted',
    counted: [{ experiment: id, arm, metric: 'conversion', value: 1 }]
  })
  assert.equal(first.headers['idempotency-replayed'], undefined)
  const again = await feedback({ unit_id: 'converts', conversion: true, outcome_id: 'order-1' })
  assert.deepEqual([again.status, again.body, again.headers['idempotency-replayed']], [200, first.body, 'true'])
  await feedback({ unit_id: 'converts', conversion: 1 })
  const { body } = await request(app, `GET /experiments/${id}/results`)
  const rates = (body['metrics'] as { arms: { count: number; value: number | null }[] }[])[0]!.arms
  assert.equal(
    rates.reduce((total, rate) => total + sum(rate), 0),
    1
  )
})

test('the same id with something else is refused', async () => {
  await serve('conflicts')
  assert.equal(
    (await feedback({ unit_id: 'conflicts', value: 5, metric: 'revenue' }, { 'idempotency-key': 'k' })).status,
    200
  )
  const { status, body } = await feedback(
    { unit_id: 'conflicts', value: 6, metric: 'revenue' },
    { 'idempotency-key': 'k' }
  )
  assert.deepEqual([status, body['code']], [422, 'MILL_ID_CONFLICT'])
})

test('an id that came of one unit is refused of another', async () => {
  await serve('first of two')
  await serve('second of two')
  const order = { conversion: 1, outcome_id: 'order-2' }
  assert.equal((await feedback({ unit_id: 'first of two', ...order })).status, 200)
  const { status, body } = await feedback({ unit_id: 'second of two', ...order })
  assert.deepEqual([status, body['code']], [422, 'MILL_ID_CONFLICT'])
  assert.deepEqual(body['details'], { metric: 'conversion', id: 'order-2', experiment: id })
  const waiting = { value: 1, metric: 'revenue', outcome_id: 'order-3' }
  assert.equal((await feedback({ unit_id: 'nobody yet', ...waiting })).status, 202)
  assert.equal((await feedback({ unit_id: 'nobody yet', ...waiting })).status, 202)
  assert.equal((await feedback({ unit_id: 'nobody else yet', ...waiting })).status, 422)
})

test('numbers that follow from labels are not told, and others do not follow from labels', async () => {
  const { requestId, arm } = await serve('of its kind')
  const before = await measured('accuracy', arm)
  for (const told of [
    { value: 7, metric: 'accuracy' },
    { conversion: 1, metric: 'error' },
    { label: 1, metric: 'revenue' }
  ]) {
    const { status, body } = await feedback({ request_id: requestId, ...told })
    assert.deepEqual([status, body['code']], [422, 'MILL_INPUT_INVALID'], JSON.stringify(told))
  }
  assert.deepEqual(await measured('accuracy', arm), before)
})

test('values add up, and each without an id counts', async () => {
  const { arm } = await serve('buys')
  const before = await measured('revenue', arm)
  for (const value of [10, 2.5, 2.5]) {
    const { status, body } = await feedback({ unit_id: 'buys', value, metric: 'revenue', experiment: id })
    assert.deepEqual([status, (body['counted'] as unknown[]).length], [200, 1])
  }
  const now = await measured('revenue', arm)

  assert.ok(Math.abs(sum(now) - sum(before) - 15) < 1e-9)
})

test('from the label of a request follow accuracy and error of what was predicted', async () => {
  const right = await serve('labelled-1')
  const { status, body } = await feedback({ request_id: right.requestId, label: right.prediction })
  assert.equal(status, 200)
  assert.deepEqual(body['counted'], [
    { experiment: id, arm: right.arm, metric: 'accuracy', value: 1 },
    { experiment: id, arm: right.arm, metric: 'error', value: 0 }
  ])
  const wrong = await serve('labelled-2')
  const told = await feedback({ prediction_id: wrong.requestId, actual: wrong.prediction + 2 })
  assert.deepEqual(told.body['counted'], [
    { experiment: id, arm: wrong.arm, metric: 'accuracy', value: 0 },
    { experiment: id, arm: wrong.arm, metric: 'error', value: 2 }
  ])
  const toldAgain = await feedback({ prediction_id: wrong.requestId, actual: wrong.prediction + 2 })
  assert.deepEqual([toldAgain.body, toldAgain.headers['idempotency-replayed']], [told.body, 'true'])
  const again = await feedback({ request_id: right.requestId, label: right.prediction })
  assert.deepEqual([again.body, again.headers['idempotency-replayed']], [body, 'true'])
  const other = await feedback({ request_id: right.requestId, label: right.prediction + 1 })
  assert.deepEqual([other.status, other.body['code']], [422, 'MILL_ID_CONFLICT'])
})

test('what nobody knows yet is kept', async () => {
  const { status, body } = await feedback({ unit_id: 'later', conversion: 1 })
  assert.deepEqual([status, body], [202, { status: 'kept', counted: [] }])
  const { body: results } = await request(app, `GET /experiments/${id}/results`)
  assert.ok(Number(results['unknown_outcomes']) >= 1)
})

test('who names a unit where every request is one is told so', async t => {
  const { app: drawing } = await experimentApp(t)
  const { body } = await request(drawing, 'POST /predict', { features, unit_id: 'user' })
  const of = (who: object) => request(drawing, 'POST /feedback', { ...who, conversion: 1 })
  const byUnit = await of({ unit_id: 'user' })
  assert.deepEqual([byUnit.status, byUnit.body['counted']], [202, []])
  assert.match(String(byUnit.body['note']), /^of ab-test .* send request_id/)
  const byRequest = await of({ request_id: body['request_id'] })
  assert.deepEqual([byRequest.status, byRequest.body['note']], [200, undefined])
})

test('several things may be told at once', async () => {
  const { arm, requestId, prediction } = await serve('much')
  const { body } = await feedback({
    unit_id: 'much',
    request_id: requestId,
    conversion: 0,
    value: 3,
    metric: 'revenue',
    label: String(prediction),
    outcome_id: 77
  })
  assert.deepEqual(body['counted'], [
    { experiment: id, arm, metric: 'conversion', value: 0 },
    { experiment: id, arm, metric: 'revenue', value: 3 },
    { experiment: id, arm, metric: 'accuracy', value: 1 }
  ])
})

test('metrics and experiments that nobody knows are told', async () => {
  const unknown = await feedback({ unit_id: 'converts', conversion: 1, experiment: 'nobody' })
  assert.deepEqual([unknown.status, unknown.body['code']], [404, 'MILL_EXPERIMENT_NOT_FOUND'])
  const metric = await feedback({ unit_id: 'converts', value: 1, metric: 'revenu' })
  assert.equal(metric.status, 422)
  assert.match(String(metric.body['message']), /revenue/)
  const standard = await feedback({ unit_id: 'converts', value: 1 })
  assert.deepEqual([standard.status, standard.body['status']], [202, 'not_measured'])
})

test('labels of the learner are learned as ever', async () => {
  const { body: predicted } = await request(app, 'POST /predict', { features: { in_1: 1 } })
  const prediction_id = predicted['prediction_id']
  const { status, body } = await feedback({ prediction_id, actual: 8 })
  assert.deepEqual([status, body], [200, { prediction_id, prediction: 0, actual: 8, error: 8, status: 'learned' }])
  const other = await feedback({ prediction_id, actual: 9 })
  assert.deepEqual([other.status, other.body['code']], [409, 'MILL_LABEL_CONFLICT'])
  const nobody = await feedback({ prediction_id: 'nobody', actual: 8 })
  assert.deepEqual([nobody.status, nobody.body['code']], [404, 'MILL_PREDICTION_NOT_FOUND'])
  assert.equal((await feedback({ actual: 8 })).status, 422)
  assert.equal((await feedback({ prediction_id, actual: '8' })).status, 422)
})

test('bad feedback is refused with every fault', async () => {
  const { status, body } = await feedback({
    unit_id: '',
    request_id: 7,
    conversion: 2,
    value: '3',
    metric: [],
    label: true,
    outcome_id: ''
  })
  assert.equal(status, 422)
  const places = (body['detail'] as { loc: string[] }[]).map(({ loc }) => loc.join('.'))
  assert.deepEqual(
    places.toSorted(),
    ['conversion', 'label', 'metric', 'outcome_id', 'request_id', 'unit_id', 'value'].map(key => `body.${key}`)
  )
  for (const bad of [
    { conversion: 1 },
    { unit_id: 'a' },
    { unit_id: 'a', value: null },
    { unit_id: 'a'.repeat(300), conversion: 1 },
    '{"unit_id":"a","value":1e400}',
    '{"unit_id":"a","value":NaN}',
    '{"unit_id":"a","label":Infinity}',
    { unit_id: 'a', value: 1.1e100 },
    { request_id: 'a', label: -1.1e100 },
    { prediction_id: 'a', actual: 1.1e100 },
    { unit_id: 'a', conversion: 'NaN' },
    { request_id: 'a', prediction_id: 'b', label: 1 },
    { unit_id: 'a', label: 1, actual: 2 },
    { unit_id: 'a', outcome_id: '\ud800', conversion: 1 },
    [],
    'null'
  ]) {
    assert.equal((await feedback(bad)).status, 422, JSON.stringify(bad))
  }
  assert.equal((await feedback({ unit_id: 'a', conversion: 1 }, { 'idempotency-key': 'ü' })).status, 422)
})

test('of a batch each counts or fails alone, and a repeat of all of it is one', async () => {
  const { arm } = await serve('batched')
  const batch = {
    feedback: [
      { unit_id: 'batched', value: 4, metric: 'revenue' },
      { unit_id: 'batched' },
      { unit_id: 'unheard of', conversion: 1 }
    ]
  }
  const { status, body } = await request(app, 'POST /feedback/batch', batch, { 'idempotency-key': 'batch-1' })
  assert.equal(status, 200)
  assert.deepEqual(body['results'], [
    { status: 'counted', counted: [{ experiment: id, arm, metric: 'revenue', value: 4 }] },
    null,
    { status: 'kept', counted: [] }
  ])
  assert.deepEqual(
    (body['errors'] as { index: number; code: string }[]).map(({ index, code }) => [index, code]),
    [[1, 'MILL_REQUEST_INVALID']]
  )
  const good = { feedback: batch.feedback.slice(0, 1) }
  const again = await request(app, 'POST /feedback/batch', good, { 'idempotency-key': 'batch-1' })
  assert.equal(again.headers['idempotency-replayed'], 'true')
  const many = { feedback: Array.from({ length: 1001 }, () => ({ unit_id: 'a', conversion: 1 })) }
  assert.equal((await request(app, 'POST /feedback/batch', many)).status, 422)
  assert.equal((await request(app, 'POST /feedback/batch', { feedback: 1 })).status, 422)
})

test('a batch of which the storage takes nothing is refused as a whole', async t => {
  const ledger = memoryLedger()
  const failing: Ledger = {
    ...ledger,
    experiment: (name, shape) => ledger.experiment(name, shape),
    outcome: async () => {
      throw new MillraceError('MILL_STORE_FAILED', 'no space left')
    }
  }
  const { app: full } = await experimentApp(t, { ledger: failing })
  const outcomes = [
    { unit_id: 'a', conversion: 1 },
    { unit_id: 'b', conversion: 1 }
  ]
  const { status, body } = await request(full, 'POST /feedback/batch', { feedback: outcomes })
  assert.deepEqual([status, body['code']], [503, 'MILL_STORE_FAILED'])
  const mixed = await request(full, 'POST /feedback/batch', { feedback: [...outcomes, { unit_id: 'c' }] })
  assert.deepEqual([mixed.status, (mixed.body['errors'] as unknown[]).length], [200, 3])
})

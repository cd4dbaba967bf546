import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Decision } from '@millrace/engine'
import { mlflowRoutes } from '../../src/protocols/mlflow/mlflow-routes.ts'
import { kserveV1Routes } from '../../src/protocols/v1/kserve-v1-routes.ts'
import { inferenceProtocolRoutes } from '../../src/protocols/v2/inference-protocol-routes.ts'
import { fakeModels } from './fake-models.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const x = { name: 'x', datatype: 'FP32', shape: [-1, 2] } as const

function doubling() {
  return fakeModels([
    {
      name: 'double',
      inputs: [x],
      outputs: [x],
      answer: ({ inputs }) => [{ ...inputs[0]!, data: Float32Array.from(inputs[0]!.data as Float32Array, n => n * 2) }]
    }
  ])
}

const assignment = { experiment: 'colours', arm: 'blue', probability: 0.5, isSticky: true }
const decision: Decision = { route: { model: 'double', version: '1', reason: 'experiment', assignment } }
const limit = { inferBodyLimitBytes: 1000 }
const body = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] }
const unitHeader = { 'x-unit-id': 'from the header', 'x-request-id': 'r' }

/** A protocol, and how a request of it is made with these fields. */
interface Protocol {
  name: string
  ask(models: ReturnType<typeof doubling>, fields?: object, headers?: Record<string, string>): Promise<Reply>
}

const protocols: Protocol[] = [
  {
    name: 'V2',
    ask: (models, { request_id: id, ...parameters }: { request_id?: string } = {}, headers = {}) =>
      call(
        appOf(inferenceProtocolRoutes, { models, ...limit }),
        ['POST', '/v2/models/double/infer'],
        { ...body, id, parameters },
        headers
      )
  },
  {
    name: 'V1',
    ask: (models, fields = {}, headers = {}) =>
      call(
        appOf(kserveV1Routes, { models, ...limit }),
        ['POST', '/v1/models/double:predict'],
        { instances: [[1, 2]], ...fields },
        headers
      )
  },
  {
    name: 'MLflow',
    ask: (models, fields = {}, headers = {}) =>
      call(
        appOf(mlflowRoutes, { models, ...limit, defaultModel: () => 'double' }),
        ['POST', '/invocations'],
        { inputs: [[1, 2]], params: fields },
        { 'content-type': 'application/json', ...headers }
      )
  }
]

const told = ({ headers }: Reply) => ['x-model-version', 'x-route'].map(each => headers[each])

for (const { name, ask } of protocols) {
  test(`${name}: a request says who asks, and whether it takes part`, async () => {
    const models = doubling()
    const fields = { unit_id: 'anna', request_id: 'own', use_ab_testing: false }
    assert.equal((await ask(models, fields, unitHeader)).status, 200)
    assert.equal((await ask(models, {}, unitHeader)).status, 200)
    assert.equal((await ask(models, {}, { 'x-request-id': 'r' })).status, 200)
    assert.deepEqual(
      models.asked.map(({ unit, requestId, mayExperiment }) => [unit, requestId, mayExperiment]),
      [
        [{ id: 'anna', isGiven: true }, 'own', false],
        [{ id: 'from the header', isGiven: true }, 'r', undefined],
        [{ id: 'r', isGiven: true }, 'r', undefined]
      ]
    )
  })

  test(`${name}: what is no name of a unit is refused, and nothing is asked`, async () => {
    const models = doubling()
    const faults = [{ unit_id: '' }, { unit_id: 'x'.repeat(257) }, { unit_id: 7 }, { use_ab_testing: 'no' }]
    for (const fields of faults) {
      const { status, body: reply } = await ask(models, fields)
      assert.equal(status, 400)
      const key = Object.keys(fields)[0]!
      assert.match(String(reply['error'] ?? reply['message']), new RegExp(`^the parameter '${key}' must be `))
    }
    const { status, body: reply } = await ask(models, {}, { 'x-unit-id': 'x'.repeat(257) })
    assert.equal(status, 400)
    assert.equal(reply['message'], 'header.X-Unit-ID: String should have at most 256 characters')
    assert.deepEqual([models.asked, models.resolved], [[], []])
  })

  test(`${name}: headers say which version answered and why`, async () => {
    const models = doubling()
    const plain = await ask(models)
    models.decision = decision
    const decided = await ask(models)
    assert.deepEqual(told(plain), ['1', 'alias'])
    assert.deepEqual(told(decided), ['1', 'experiment;experiment="colours";arm="blue"'])
  })
}

test('V2: a reply has the facts of an experiment as parameters, and none without', async () => {
  const models = doubling()
  const ask = async () => (await protocols[0]!.ask(models)).body['parameters']
  assert.equal(await ask(), undefined)
  models.isCached = true
  assert.deepEqual(await ask(), { cached: true })
  models.decision = decision
  const facts = { route_reason: 'experiment', experiment: 'colours', arm: 'blue', probability: 0.5, sticky: true }
  assert.deepEqual(await ask(), { cached: true, ...facts })
  models.isCached = false
  assert.deepEqual(await ask(), facts)
})

test('what is read for a version is asked of that version, by what was decided once', async () => {
  const models = doubling()
  models.decision = decision
  const raw = { 'inference-header-content-length': '0', 'x-unit-id': 'u' }
  const bytes = Buffer.from(Float32Array.of(1, 2).buffer)
  const app = appOf(inferenceProtocolRoutes, { models, ...limit })
  const reply = await call(app, ['POST', '/v2/models/double/infer'], bytes, raw)
  assert.equal(reply.status, 200)
  for (const { ask } of protocols.slice(1)) await ask(models, { unit_id: 'u' })
  assert.equal(models.asked.length, 3)
  for (const request of models.asked) assert.equal(request.decision, decision)
  assert.deepEqual(
    models.resolved.map(asker => asker?.unit?.id),
    ['u', 'u', 'u']
  )
})

test('CSV has no parameters, and says by a header who asks', async () => {
  const models = doubling()
  const app = appOf(mlflowRoutes, { models, ...limit, defaultModel: () => 'double' })
  const headers = { 'content-type': 'text/csv', 'x-unit-id': 'u' }
  await call(app, ['POST', '/invocations'], 'x,y\n1,2\n', headers)
  assert.equal(models.asked[0]?.unit?.id, 'u')
})

test('an id that JSON cannot hold as a number is a text of all its digits', async () => {
  const models = doubling()
  const app = appOf(inferenceProtocolRoutes, { models, ...limit })
  const text = '{"id":12345678901234567,"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"data":[1,NaN]}]}'
  const reply = await call(app, ['POST', '/v2/models/double/infer'], text)
  assert.equal(reply.status, 200)
  assert.deepEqual(models.asked[0]?.unit, { id: '12345678901234567', isGiven: true })
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { canaryReply } from '../../src/experiments/canary-json.ts'
import { experimentApp, features } from './experiment-app.ts'
import { placesIn, request } from './request.ts'

const { app, models, experiments } = await experimentApp({ after }, { env: { AB_TEST_ENABLED: 'false' } })
const model = 'tabular_classifier'
const active = () => models.model(model).aliases.get('default')

test('a canary takes its share, and promoted by hand it has the alias', async () => {
  const plan = {
    id: 'by-hand',
    model,
    candidate: 'v2.0',
    steps: [0.25, { share: 0.5, min_requests: 7, min_seconds: 3600 }],
    guards: ['error_rate', { measure: 'latency', tolerance: 2, relative: true }]
  }
  const reply = await request(app, 'POST /canaries', plan)
  assert.equal(reply.status, 201)
  assert.equal(reply.headers['location'], '/canaries/by-hand')
  const { body } = reply
  assert.deepEqual(
    [body['control'], body['candidate'], body['verdict'], body['step'], body['share'], body['alias']],
    ['v1.0', 'v2.0', 'running', 0, 0.25, 'default']
  )
  assert.deepEqual(body['steps'], [
    { share: 0.25, min_requests: 100, min_seconds: 60 },
    { share: 0.5, min_requests: 7, min_seconds: 3600 }
  ])
  assert.deepEqual(body['guards'], [
    { measure: 'error_rate', tolerance: 0.1, relative: true },
    { measure: 'latency', tolerance: 2, relative: true }
  ])
  const served = { 'v1.0': 0, 'v2.0': 0 }
  for (let user = 0; user < 100; user++) {
    const { body: answer } = await request(app, 'POST /predict', { features, unit_id: `user-${user}` })
    served[answer['model_version'] as keyof typeof served]++
    const { reason, arm } = answer['routing'] as { reason: string; arm: string }
    assert.deepEqual([reason, arm], ['canary', answer['model_version'] === 'v2.0' ? 'canary' : 'control'])
  }
  // 25 on average, by a binomial distribution with a standard deviation of 4.3.
  assert.ok(served['v2.0'] > 5 && served['v2.0'] < 50, String(served['v2.0']))
  const { body: now } = await request(app, 'GET /canaries/by-hand')
  assert.deepEqual(now['requests'], { canary: served['v2.0'], control: served['v1.0'] })
  assert.deepEqual(
    (now['checks'] as { measure: string }[]).map(({ measure }) => measure),
    ['error_rate', 'latency']
  )
  const promoted = await request(app, 'POST /canaries/by-hand/promote')
  assert.deepEqual([promoted.status, promoted.body['verdict'], promoted.body['share']], [200, 'promoted', 0])
  assert.equal(active(), 'v2.0')
  const decisions = promoted.body['decisions'] as { what: string; at: string; details: object }[]
  assert.equal(decisions[0]!.what, 'created')
  assert.equal(decisions.at(-1)!.what, 'promoted')
  const again = await request(app, 'POST /canaries/by-hand/rollback')
  assert.deepEqual([again.status, again.body['code']], [409, 'MILL_EXPERIMENT_STATE'])
  assert.equal((await request(app, 'DELETE /canaries/by-hand')).status, 204)
  await models.moveAlias(model, 'default', 'v1.0')
})

test('a canary is frozen, resumed and rolled back by hand, with the reason in its log', async () => {
  const { body } = await request(app, 'POST /canaries', { model, candidate: 'v3.0' })
  const id = String(body['id'])
  assert.match(id, /v3/)
  for (const [verb, verdict] of [
    ['freeze', 'frozen'],
    ['freeze', 'frozen'],
    ['resume', 'running']
  ] as const) {
    const reply = await request(app, `POST /canaries/${id}/${verb}`)
    assert.deepEqual([reply.status, reply.body['verdict']], [200, verdict])
  }
  assert.equal((await request(app, `DELETE /canaries/${id}`)).status, 409)
  assert.equal((await request(app, `POST /canaries/${id}/rollback`, { reason: 7 })).status, 422)
  const over = await request(app, `POST /canaries/${id}/rollback`, { reason: 'support called' })
  assert.deepEqual([over.status, over.body['verdict']], [200, 'rolled_back'])
  const log = over.body['decisions'] as { what: string; details: { reason?: string } }[]
  assert.equal(log.at(-1)!.details.reason, 'support called')
  assert.equal(active(), 'v1.0')
  const { body: all } = await request(app, 'GET /canaries')
  assert.ok((all['canaries'] as { id: string }[]).some(one => one.id === id))
  const { body: listed } = await request(app, 'GET /experiments')
  assert.ok(!(listed['experiments'] as { id: string }[]).some(one => one.id === id))
})

test('requests that failed are among those that are told of', async () => {
  const { body } = await request(app, 'POST /canaries', { model, candidate: 'v3.0' })
  const id = String(body['id'])
  const tally = experiments.tally(id)
  const arms = tally.arms.map((arm, index) => ({ ...arm, requests: [570, 40][index]!, failures: [3, 20][index]! }))
  const { requests } = canaryReply(experiments.canaries.get(id), { ...tally, arms })
  assert.deepEqual(requests, { canary: 60, control: 573 })
  await request(app, `POST /canaries/${id}/rollback`)
})

test('every fault of a plan is told by the names that JSON has', async () => {
  const reply = await request(app, 'POST /canaries', {
    model,
    candidate: 'v9.9',
    alias: 'nothing',
    steps: [
      { share: 0.5, min_requests: 0 },
      { share: 0.1, minSeconds: 5 }
    ],
    guards: [{ measure: 'luck', relative: 'yes' }],
    interval_seconds: 'often',
    colour: 'yellow'
  })
  assert.equal(reply.status, 400)
  const places = placesIn(reply)
  for (const place of [
    'colour',
    'candidate',
    'alias',
    'steps.0.min_requests',
    'steps.1.minSeconds',
    'steps.1',
    'guards.0.measure',
    'guards.0.relative',
    'interval_seconds'
  ]) {
    assert.ok(places.includes(place), `${place} in ${places.join(' ')}`)
  }
  assert.equal((await request(app, 'GET /canaries/nobody')).status, 404)
  assert.equal((await request(app, 'POST /canaries/nobody/promote')).status, 404)
})

test('a shadow is asked unseen, and tells how its answers differ', async () => {
  const reply = await request(app, 'POST /shadows', { id: 'unseen', model, candidate: 'v3.0', queue_limit: 50 })
  assert.equal(reply.status, 201)
  assert.equal(reply.headers['location'], '/shadows/unseen')
  const { body } = await request(app, 'POST /predict', { features })
  assert.equal(body['model_version'], 'v1.0')
  const compared = async () => (await request(app, 'GET /shadows/unseen')).body['compared']
  // The copy is asked off the path of the request.
  for (let turn = 0; turn < 10_000 && (await compared()) === 0; turn++) await setImmediate()
  const stopped = await request(app, 'POST /shadows/unseen/stop')
  assert.deepEqual([stopped.status, stopped.body['running'], stopped.body['queue_limit']], [200, false, 50])
  const { body: told } = await request(app, 'GET /shadows/unseen')
  assert.deepEqual([told['copied'], told['compared'], told['dropped'], told['failed']], [1, 1, 0, 0])
  // By ONNX Runtime: v1.0 gives class 0 (0.82), v3.0 class 1 (0.5616).
  const outputs = told['outputs'] as { output: string; agreement: number | null }[]
  assert.equal(outputs.find(({ agreement }) => agreement !== null)!.agreement, 0)
  const examples = told['examples'] as { request_id: string }[]
  assert.equal(examples[0]!.request_id, body['request_id'])
  assert.deepEqual((await request(app, 'GET /shadows')).body, { shadows: [told] })
  const bad = await request(app, 'POST /shadows', {
    id: 'x',
    model: 'none',
    candidate: '1',
    queue_limit: 0,
    tolerance: 1
  })
  assert.equal(bad.status, 400)
  assert.deepEqual(placesIn(bad).toSorted(), ['model', 'queue_limit', 'tolerance'])
  assert.equal((await request(app, 'DELETE /shadows/unseen')).status, 204)
  assert.equal((await request(app, 'GET /shadows/unseen')).status, 404)
})

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import { experimentApp, features } from './experiment-app.ts'
import { placesIn, request } from './request.ts'

const { app, experiments } = await experimentApp({ after }, { env: { AB_TEST_ENABLED: 'false' } })
const model = 'tabular_classifier'
const arms = [
  { name: 'old', version: 'v1.0', weight: 0.5 },
  { name: 'new', version: 'v2.0', weight: 0.5 }
]

let count = 0

/** A draft of a new id, on an alias that nobody asks for. */
const draft = (more: object = {}) => ({ id: `test-${++count}`, model, arms, ...more })

test('an experiment is created with everything that was left out, and is a draft until it is started', async () => {
  const reply = await request(app, 'POST /api/experiments', { id: 'first', model, arms })
  assert.equal(reply.status, 201)
  assert.equal(reply.headers['location'], '/api/experiments/first')
  assert.equal(reply.headers['etag'], '"1"')
  const { created_at, ...body } = reply.body
  assert.equal(new Date(String(created_at)).toISOString(), created_at)
  assert.deepEqual(body, {
    id: 'first',
    description: '',
    model,
    alias: 'default',
    entry: 'all',
    strategy: 'hash-based',
    weights: 'fixed',
    arms: arms.map(arm => ({ ...arm, model, share: 0.5, units: 0, requests: 0 })),
    control: 'old',
    coverage: 1,
    seed: 'first',
    yields: false,
    sticky: false,
    missing_unit: 'random',
    on_failure: 'control',
    overrides: {},
    metrics: [
      { name: 'conversion', kind: 'conversion', goal: 'increase' },
      { name: 'value', kind: 'mean', goal: 'increase' },
      { name: 'accuracy', kind: 'accuracy', goal: 'increase' },
      { name: 'error', kind: 'error', goal: 'decrease' }
    ],
    primary_metric: 'conversion',
    alpha: 0.05,
    bandit: { metric: 'conversion', floor: 0.01, min_units: 100, interval_seconds: 10 },
    state: 'draft',
    phase: 1,
    revision: 1,
    started_at: null,
    stopped_at: null
  })
  const { body: again } = await request(app, 'GET /experiments/first')
  assert.deepEqual(again, reply.body)
})

test('every fault of a definition is told at once, by the names that JSON has', async () => {
  const reply = await request(app, 'POST /experiments', {
    id: 'Not An Id',
    model: 'nobody',
    arms: [{ version: 'v1.0' }, { version: 'v9.9', wieght: 1 }],
    stikcy: true,
    isSticky: true,
    missing_unit: 'perhaps',
    primary_metric: 'luck',
    bandit: { min_units: 0, minUnits: 5 },
    alpha: '0.05'
  })
  assert.equal(reply.status, 400)
  assert.equal(reply.body['code'], 'MILL_EXPERIMENT_INVALID')
  const places = placesIn(reply)
  for (const place of [
    'id',
    'model',
    'arms.1.wieght',
    'stikcy',
    'isSticky',
    'missing_unit',
    'primary_metric',
    'bandit.min_units',
    'bandit.minUnits',
    'alpha'
  ]) {
    assert.ok(places.includes(place), `${place} in ${places.join(' ')}`)
  }
  assert.doesNotMatch(String(reply.body['message']), /\?[a-zA-Z]|missingUnit:|primary:|min_?units is/)
  assert.match(String(reply.body['message']), /stikcy: unknown field; did you mean sticky/)
  assert.equal((await request(app, 'GET /experiments/Not%20An%20Id')).status, 404)
})

test('an id is taken once', async () => {
  const one = draft()
  assert.equal((await request(app, 'POST /experiments', one)).status, 201)
  const reply = await request(app, 'POST /experiments', one)
  assert.deepEqual([reply.status, reply.body['code']], [409, 'MILL_EXPERIMENT_EXISTS'])
})

test('who changes what somebody else has changed meanwhile is told so', async () => {
  const { id } = draft()
  const { headers } = await request(app, 'POST /experiments', { ...draft(), id })
  const etag = String(headers['etag'])
  const path = `PATCH /experiments/${id}` as const
  const first = await request(app, path, { coverage: 0.5 }, { 'if-match': etag })
  assert.deepEqual([first.status, first.body['coverage'], first.headers['etag']], [200, 0.5, '"2"'])
  for (const stale of [etag, '"99"', 'W/"2"', 'nonsense']) {
    const second = await request(app, path, { coverage: 0.9 }, { 'if-match': stale })
    assert.deepEqual([second.status, second.body['code']], [412, 'MILL_REVISION_CONFLICT'], stale)
  }
  assert.equal((await request(app, `GET /experiments/${id}`)).body['coverage'], 0.5)
  for (const good of ['*', '"2"', '"1", "2"']) {
    const { status } = await request(app, path, { coverage: 0.5 }, { 'if-match': good })
    assert.equal(status, 200, good)
  }
  const started = await request(app, `POST /experiments/${id}/start`, undefined, { 'if-match': etag })
  assert.equal(started.status, 412)
  assert.equal((await request(app, `DELETE /experiments/${id}`, undefined, { 'if-match': etag })).status, 412)
  assert.equal((await request(app, `DELETE /experiments/${id}`, undefined, { 'if-match': '"2"' })).status, 204)
})

test('starting and stopping twice is doing it once', async () => {
  const { id } = draft()
  await request(app, 'POST /experiments', { ...draft(), id, alias: 'default', coverage: 0 })
  for (const [verb, state] of [
    ['start', 'running'],
    ['pause', 'paused'],
    ['start', 'running'],
    ['stop', 'stopped']
  ] as const) {
    const once = await request(app, `POST /experiments/${id}/${verb}`)
    const twice = await request(app, `POST /experiments/${id}/${verb}`)
    assert.deepEqual([once.status, once.body['state']], [200, state])
    assert.deepEqual(twice.body, once.body)
  }
  const again = await request(app, `POST /experiments/${id}/start`)
  assert.deepEqual([again.status, again.body['code']], [409, 'MILL_EXPERIMENT_STATE'])
  const { body } = await request(app, `GET /experiments/${id}/history`)
  const history = body['history'] as { what: string; revision: number; at: string }[]
  assert.deepEqual(
    history.map(({ what, revision }) => [what, revision]),
    [
      ['created', 1],
      ['started', 2],
      ['paused', 3],
      ['resumed', 4],
      ['stopped', 5]
    ]
  )
  assert.equal((await request(app, `DELETE /experiments/${id}`)).status, 204)
  assert.equal((await request(app, `GET /experiments/${id}`)).status, 404)
})

test('what measures can be changed in what leaves its numbers comparable, and in the rest with a new phase', async () => {
  const { id } = draft()
  await request(app, 'POST /experiments', { ...draft(), id, coverage: 0 })
  await request(app, `POST /experiments/${id}/start`)
  const path = `PATCH /experiments/${id}` as const
  const refused = await request(app, path, { seed: 'another', sticky: true, coverage: 0.1 })
  assert.equal(refused.status, 400)
  assert.deepEqual(placesIn(refused).toSorted(), ['seed', 'sticky'])
  assert.equal((await request(app, `GET /experiments/${id}`)).body['coverage'], 0)
  assert.deepEqual(placesIn(await request(app, path, { new_phase: 'yes' })), ['new_phase'])
  const { status, body } = await request(app, path, { seed: 'another', new_phase: true })
  assert.deepEqual([status, body['seed'], body['phase'], body['state']], [200, 'another', 2, 'running'])
  await request(app, `POST /experiments/${id}/stop`)
})

test('lists are filtered by model and state', async () => {
  const { id } = draft()
  await request(app, 'POST /experiments', { ...draft(), id })
  const listed = async (query: string) => {
    const { body } = await request(app, `GET /experiments${query}`)
    return (body['experiments'] as { id: string; state: string }[]).filter(one => one.id === id).length
  }
  assert.equal(await listed(''), 1)
  assert.equal(await listed(`?model=${model}&state=draft`), 1)
  assert.equal(await listed('?state=running'), 0)
  assert.equal(await listed('?model=wine_quality'), 0)
  assert.equal((await request(app, 'GET /experiments?state=dead')).status, 422)
})

test('requests go where assignment says, and asking changes nothing', async () => {
  const { id } = draft()
  await request(app, 'POST /experiments', { ...draft(), id, overrides: { boss: 'new', ['__proto__']: 'new' } })
  await request(app, `POST /experiments/${id}/start`)
  const would = async (unit: string) => (await request(app, `GET /experiments/${id}/assignment?unit_id=${unit}`)).body
  const versions = new Set<unknown>()
  for (const unit of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const said = await would(unit)
    assert.equal(said['reason'], 'experiment')
    const { body } = await request(app, 'POST /predict', { features, unit_id: unit })
    assert.equal(body['model_version'], said['version'])
    assert.equal((body['routing'] as { arm: string }).arm, said['arm'])
    versions.add(said['version'])
  }
  assert.equal(versions.size, 2)
  for (const unit of ['boss', '__proto__']) {
    const said = await would(unit)
    assert.deepEqual([said['arm'], said['reason'], said['probability']], ['new', 'override', 1], unit)
  }
  const { body } = await request(app, `GET /experiments/${id}`)
  const told = body['arms'] as { units: number; requests: number }[]
  assert.equal(told[0]!.units + told[1]!.units, 8)
  assert.equal((await request(app, `GET /experiments/${id}/assignment`)).status, 422)
  assert.equal((await request(app, `GET /experiments/${id}/assignment?unit_id=${'x'.repeat(300)}`)).status, 422)
  await request(app, `POST /experiments/${id}/stop`)
})

test('as many requests without a unit take part as the coverage says, though models are looked up before they are asked', async () => {
  const { id } = draft()
  await request(app, 'POST /experiments', { id, model, arms, strategy: 'random', coverage: 0.5 })
  await request(app, `POST /experiments/${id}/start`)
  let taken = 0
  for (let index = 0; index < 400; index++) {
    const { body } = await request(app, 'POST /predict', { features })
    if ((body['routing'] as { experiment?: string }).experiment === id) taken++
  }
  await request(app, `POST /experiments/${id}/stop`)
  // Half of 400, within six standard deviations of 10; two draws would take three quarters.
  assert.ok(taken > 140 && taken < 260, String(taken))
})

test('results tell who was served, before there is anything to conclude', async () => {
  const { id } = draft()
  await request(app, 'POST /experiments', { ...draft(), id })
  await request(app, `POST /experiments/${id}/start`)
  for (let user = 0; user < 50; user++) {
    await request(app, 'POST /predict', { features, unit_id: `u${user}` })
    await request(app, 'POST /predict', { features, unit_id: `u${user}` })
  }
  const { status, body } = await request(app, `GET /experiments/${id}/results`)
  assert.equal(status, 200)
  const told = body['arms'] as { units: number; requests: number; latency_ms: number }[]
  assert.equal(
    told.reduce((sum, { units }) => sum + units, 0),
    50
  )
  assert.equal(
    told.reduce((sum, { requests }) => sum + requests, 0),
    100
  )
  assert.equal(body['winner'], null)
  assert.equal((body['sample_ratio'] as { mismatch: boolean }).mismatch, false)
  assert.equal(typeof body['summary'], 'string')
  assert.equal((await request(app, 'GET /experiments/nobody/results')).status, 404)
  await request(app, `POST /experiments/${id}/stop`)
})

test('hostile definitions are refused with reasons, and leave nothing', async () => {
  const before = experiments.list().length
  const bodies: unknown[] = [
    '{"__proto__": {"id": "x"}, "constructor": 1}',
    '[]',
    'null',
    '"text"',
    { id: 'x'.repeat(100_000), model, arms },
    { id: 'a', model: { toString: 1 }, arms },
    { id: 'a', model, arms: Array.from({ length: 5000 }, () => arms[0]) },
    { id: 'a', model, arms: [null, 7] },
    {
      id: 'a',
      model,
      arms: [
        { version: 'v1.0', weight: '0.5' },
        { version: 'v2.0', weight: 0.5 }
      ]
    },
    {
      id: 'a',
      model,
      arms: [
        { version: 'v1.0', weight: -1 },
        { version: 'v2.0', weight: 2 }
      ]
    },
    { id: 'a', model, arms, overrides: Object.fromEntries(Array.from({ length: 10_001 }, (_, unit) => [unit, 'old'])) },
    { id: 'a', model, arms, overrides: Object.fromEntries(Array.from({ length: 9000 }, (_, unit) => [unit, 'no'])) },
    { id: 'a', model, arms, metrics: [{ name: '<script>' }] },
    '{"id":"a","model":"tabular_classifier","alpha":NaN}'
  ]
  for (const body of bodies) {
    const { status, body: told } = await request(app, 'POST /experiments', body)
    const shown = JSON.stringify(body).slice(0, 60)
    assert.ok(status === 400 || status === 422, `${shown}: ${status}`)
    assert.equal(typeof told['message'], 'string')
    assert.ok(JSON.stringify(told).length < 100_000, `${shown}: ${JSON.stringify(told).length}`)
  }
  assert.equal(experiments.list().length, before)
})

test('experiments last through a restart', async t => {
  const registry = memoryRegistryStore()
  const env = { AB_TEST_ENABLED: 'false' }
  const first = await experimentApp(t, { registry, env })
  await request(first.app, 'POST /experiments', { id: 'lasting', model, arms })
  await request(first.app, 'POST /experiments/lasting/start')
  const { body } = await request(first.app, 'GET /experiments/lasting')
  const second = await experimentApp(t, { registry, env })
  assert.deepEqual((await request(second.app, 'GET /experiments/lasting')).body, body)
})

test('a plan says how many units it takes', async () => {
  const { status, body } = await request(app, 'POST /experiments/plan', {
    baseline: 0.1,
    lift: 0.1,
    units_per_day: 1000
  })
  assert.equal(status, 200)
  // By hand: (1.95996 + 0.84162)² · (0.1 · 0.9 + 0.11 · 0.89) / 0.01² = 14,748.04 units of each arm.
  const look = body['one_look'] as { units_per_arm: number; units: number; days: number }
  assert.equal(look.units_per_arm, 14_749)
  assert.equal(look.days, Math.ceil(look.units / 100) / 10)
  assert.ok((body['always_valid'] as { units: number }).units > look.units)
  for (const bad of [{}, { baseline: 2, lift: 0.1 }, { baseline: 0.1 }, { baseline: '0.1', lift: 0.1 }]) {
    assert.equal((await request(app, 'POST /experiments/plan', bad)).status, 422)
  }
  assert.equal((await request(app, 'POST /experiments/plan', { baseline: 0.9, lift: 0.5 })).status, 422)
  assert.equal((await request(app, 'POST /experiments/plan', { baseline: 1e-300, lift: 1e-300 })).status, 422)
  for (const odd of [{ alpha: 1e-20 }, { alpha: 0.6 }, { power: 0.4 }, { power: 1 }]) {
    const plan = await request(app, 'POST /experiments/plan', { baseline: 0.1, lift: 0.1, ...odd })
    assert.deepEqual([plan.status, plan.body['code']], [422, 'MILL_REQUEST_INVALID'], JSON.stringify(odd))
  }
  const { body: told } = await request(app, 'POST /experiments/plan', { alpha: 2, power: 'x', arms: 1 })
  assert.equal((told['detail'] as unknown[]).length, 5)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { memoryRegistryStore } from '@millrace/store'
import type { App } from '../../src/app-type.ts'
import { get, post } from '../documents/json.ts'
import { experimentApp, features } from './experiment-app.ts'
import { request } from './request.ts'

const status = async (app: App) => (await get(app, '/ab-test/status')).body
const configure = (app: App, change: unknown) => post(app, '/ab-test/configure', change)

/** What of the status does not depend on the time. */
async function steady(app: App): Promise<string> {
  const { last_updated: _, ...rest } = await status(app)
  return JSON.stringify(rest)
}

test('without any configuration requests are divided as the document says', async t => {
  const { app } = await experimentApp(t)
  for (const url of ['/ab-test/status', '/api/ab-test/status']) {
    const { status: code, body } = await get(app, url)
    assert.equal(code, 200)
    assert.equal(body['enabled'], true)
    assert.deepEqual(body['config'], {
      enabled: true,
      split_ratio: 0.5,
      models: ['v1.0', 'v2.0'],
      strategy: 'random'
    })
    assert.equal(body['total_assignments'], 0)
    assert.deepEqual(body['model_counts'], { 'v1.0': 0, 'v2.0': 0 })
    assert.deepEqual(body['model_percentages'], { 'v1.0': 0, 'v2.0': 0 })
    assert.equal(new Date(String(body['last_updated'])).toISOString(), body['last_updated'])
    assert.deepEqual([body['experiment'], body['phase'], body['source']], ['ab-test', 1, 'settings'])
  }
})

test('the example of the document is taken word for word', async t => {
  const { app } = await experimentApp(t)
  const { status: code, body } = await configure(app, {
    enabled: true,
    split_ratio: 0.5,
    models: ['v1.0', 'v2.0'],
    strategy: 'random'
  })
  assert.equal(code, 200)
  assert.equal(body['message'], 'A/B test configuration updated')
  const answer = await post(app, '/predict', { features, model_version: 'v1.0', use_ab_testing: true })
  assert.deepEqual([answer.status, answer.body['model_version'], answer.body['prediction']], [200, 'v1.0', 0])
})

test('counts are requests that were answered by it, from the cache as well', async t => {
  const { app } = await experimentApp(t)
  const served: string[] = []
  for (let i = 0; i < 40; i++) {
    const { body } = await post(app, '/predict', { features })
    served.push(String(body['model_version']))
  }
  await post(app, '/predict', { features, use_ab_testing: false })
  await post(app, '/predict', { features, model_version: 'v3.0' })
  const body = await status(app)
  const first = served.filter(version => version === 'v1.0').length
  assert.equal(body['total_assignments'], 40)
  assert.deepEqual(body['model_counts'], { 'v1.0': first, 'v2.0': 40 - first })
  assert.deepEqual(body['model_percentages'], { 'v1.0': first * 2.5, 'v2.0': 100 - first * 2.5 })
})

test('who asks not to take part is answered by the version that is active, which may be moved meanwhile', async t => {
  const { app } = await experimentApp(t)
  const plain = async () => (await post(app, '/predict', { features, use_ab_testing: false })).body['model_version']
  assert.equal(await plain(), 'v1.0')
  assert.equal((await post(app, '/models/v3.0/activate', {})).status, 200)
  assert.equal(await plain(), 'v3.0')
  const { body } = await post(app, '/predict', { features })
  assert.match(String(body['model_version']), /^v[12]\.0$/)
})

test('each field can be changed alone, and the others stay', async t => {
  const { app } = await experimentApp(t)
  const config = async () => (await status(app))['config']
  await configure(app, { strategy: 'hash-based' })
  await configure(app, { split_ratio: 0.25 })
  await configure(app, { models: ['v2.0', 'v3.0', 'v1.0'] })
  await configure(app, { enabled: false })
  const wanted = { split_ratio: 0.25, models: ['v2.0', 'v3.0', 'v1.0'], strategy: 'hash-based' }
  const { split_ratio, models, strategy } = (await config()) as typeof wanted
  assert.deepEqual(
    [split_ratio, models[0], models.toSorted(), strategy],
    [0.25, 'v2.0', ['v1.0', 'v2.0', 'v3.0'], 'hash-based']
  )
  assert.equal((await status(app))['enabled'], false)
  assert.equal((await post(app, '/predict', { features })).body['model_version'], 'v1.0')
  await configure(app, { enabled: true })
  assert.equal((await status(app))['enabled'], true)
  await configure(app, { models: ['v1.0', 'v2.0'], split_ratio: 1 })
  const { body } = await post(app, '/predict', { features })
  assert.equal(body['model_version'], 'v1.0')
})

test('split_ratio is the share of the first model, and the others share the rest', async t => {
  const { app } = await experimentApp(t)
  await configure(app, { models: ['v3.0', 'v1.0', 'v2.0'], split_ratio: 0.4, strategy: 'hash-based' })
  const shares = (await status(app))['shares'] as Record<string, number>
  for (const [version, share] of Object.entries({ 'v3.0': 0.4, 'v1.0': 0.3, 'v2.0': 0.3 })) {
    assert.ok(Math.abs(shares[version]! - share) < 0.001, `${version}: ${shares[version]}`)
  }
})

test('weighted is by the accuracy in the metadata, and split_ratio is kept for later', async t => {
  const { app, models } = await experimentApp(t)
  await configure(app, { strategy: 'weighted', split_ratio: 0.7 })
  const accuracy = (version: string): number =>
    models.model('tabular_classifier').versions.find(one => one.version === version)!.metadata!.metrics['accuracy']!
  const wanted = accuracy('v1.0') / (accuracy('v1.0') + accuracy('v2.0'))
  const told = await status(app)
  assert.equal(told['weights'], 'accuracy')
  assert.ok(Math.abs((told['shares'] as Record<string, number>)['v1.0']! - wanted) < 0.001)
  assert.equal((told['config'] as Record<string, number>)['split_ratio'], 0.7)
  await configure(app, { weights: 'fixed' })
  assert.ok(Math.abs(((await status(app))['shares'] as Record<string, number>)['v1.0']! - 0.7) < 0.001)
})

test('hash-based gives one request_id the same version each time', async t => {
  const { app } = await experimentApp(t)
  await configure(app, { strategy: 'hash-based' })
  const versions = new Set<unknown>()
  for (let user = 0; user < 20; user++) {
    const ask = () => post(app, '/predict', { features, request_id: `user-${user}` })
    const [first, again] = [await ask(), await ask()]
    assert.equal(first.body['model_version'], again.body['model_version'])
    versions.add(first.body['model_version'])
  }
  assert.deepEqual(versions, new Set(['v1.0', 'v2.0']))
  assert.equal((await status(app))['total_assignments'], 40)
  assert.equal(
    Object.values((await status(app))['units'] as Record<string, number>).reduce((a, b) => a + b),
    20
  )
})

test('other models or another strategy begin a new phase, and the ratio does not', async t => {
  const { app } = await experimentApp(t)
  await post(app, '/predict', { features })
  const phase = async () => {
    const body = await status(app)
    return [body['phase'], body['total_assignments']]
  }
  await configure(app, { split_ratio: 0.6 })
  assert.deepEqual(await phase(), [1, 1])
  await configure(app, { strategy: 'hash-based' })
  assert.deepEqual(await phase(), [2, 0])
  await configure(app, { models: ['v1.0', 'v3.0'] })
  assert.deepEqual(await phase(), [3, 0])
  await configure(app, { models: ['v1.0', 'v3.0'], strategy: 'hash-based' })
  assert.deepEqual(await phase(), [3, 0])
})

test('what was changed of the experiment by other ways stays when the test is configured', async t => {
  const { app } = await experimentApp(t)
  await configure(app, { strategy: 'hash-based' })
  const { body } = await request(app, 'GET /experiments/ab-test')
  const changes = {
    coverage: 0.5,
    overrides: { vip: 'v2.0' },
    metrics: [...(body['metrics'] as object[]), { name: 'clicks', kind: 'mean', goal: 'increase' }]
  }
  await request(app, 'PATCH /experiments/ab-test', changes)
  assert.equal((await configure(app, { split_ratio: 0.4 })).status, 200)
  const { body: now } = await request(app, 'GET /experiments/ab-test')
  const { coverage, overrides, metrics, phase } = now
  assert.deepEqual({ coverage, overrides, metrics, phase }, { ...changes, phase: 2 })
  // A list of units names no arms that are gone, and a strategy has what goes with it.
  assert.equal(
    (await configure(app, { models: ['v1.0', 'v3.0'], strategy: 'weighted', weights: 'thompson' })).status,
    200
  )
  assert.deepEqual((await request(app, 'GET /experiments/ab-test')).body['overrides'], {})
})

test('arms of the same version are counted apart', async t => {
  const { app } = await experimentApp(t)
  const arms = ['a', 'b'].map(name => ({ name, version: 'v1.0' }))
  await request(app, 'PATCH /experiments/ab-test', { new_phase: true, arms, control: 'a' })
  for (let index = 0; index < 30; index++) await post(app, '/predict', { features })
  const { total_assignments: total, model_counts: counts } = await status(app)
  assert.deepEqual([total, Object.keys(counts as object)], [30, ['a', 'b']])
})

const huge = Array.from({ length: 100_000 }, (_, index) => `v${index}`)

const bad: [what: string, change: unknown, places: string[]][] = [
  ['an unknown version', { models: ['v1.0', 'v9.0'] }, ['models.1']],
  ['one model', { models: ['v1.0'] }, ['models']],
  ['no model', { models: [] }, ['models']],
  ['the same model twice', { models: ['v1.0', 'v1.0'] }, ['models.1']],
  ['models that are no list', { models: 'v1.0,v2.0' }, ['models']],
  ['models that are no names', { models: [1, null, {}] }, ['models.0', 'models.1', 'models.2']],
  ['an alias', { models: ['v1.0', 'default'] }, ['models.1']],
  ['a huge list', { models: huge }, ['models']],
  ['a ratio above 1', { split_ratio: 1.5 }, ['split_ratio']],
  ['a negative ratio', { split_ratio: -0.1 }, ['split_ratio']],
  ['a ratio in text', { split_ratio: '0.5' }, ['split_ratio']],
  ['a ratio of true', { split_ratio: true }, ['split_ratio']],
  ['no ratio', { split_ratio: null }, ['split_ratio']],
  ['NaN in text', { split_ratio: 'NaN' }, ['split_ratio']],
  ['an unknown strategy', { strategy: 'roulette' }, ['strategy']],
  ['a strategy of another type', { strategy: ['random'] }, ['strategy']],
  ['enabled as text', { enabled: 'true' }, ['enabled']],
  ['enabled as a number', { enabled: 1 }, ['enabled']],
  ['a misspelt field', { split_ration: 0.9 }, ['split_ration']],
  ['unknown weights', { strategy: 'weighted', weights: 'vibes' }, ['weights']],
  ['weights without their strategy', { weights: 'accuracy' }, ['weights']],
  [
    'a good ratio and all else bad',
    { enabled: 'no', split_ratio: 0.9, models: ['v1.0', 'nope'], strategy: 'x', foo: 1 },
    ['foo', 'enabled', 'strategy', 'models.1']
  ]
]

test('a bad configuration is answered with every fault, and changes nothing', async t => {
  const { app } = await experimentApp(t)
  await configure(app, { split_ratio: 0.3, strategy: 'hash-based' })
  const before = await steady(app)
  for (const [what, change, places] of bad) {
    const { status: code, body } = await configure(app, change)
    assert.equal(code, 400, what)
    assert.equal(body['code'], 'MILL_EXPERIMENT_INVALID', what)
    const { faults } = body['details'] as { faults: { place: (string | number)[]; message: string }[] }
    assert.deepEqual(
      faults.map(({ place }) => place.join('.')),
      places,
      what
    )
    assert.ok(JSON.stringify(body).length < 5000, what)
    assert.equal(await steady(app), before, what)
  }
})

test('what is no configuration at all is refused as everywhere', async t => {
  const { app } = await experimentApp(t)
  const before = await steady(app)
  const bodies = [
    '{"split_ratio": NaN}',
    '[]',
    'null',
    '7',
    '{"split_ratio": 1e400}',
    '{"__proto__": {"enabled": false}}'
  ]
  for (const body of [...bodies, `${'['.repeat(5000)}${']'.repeat(5000)}`, '{"enabled": fals']) {
    const { status: code } = await configure(app, body)
    assert.ok(code >= 400 && code < 500, `${body.slice(0, 40)}: ${code}`)
    assert.equal(await steady(app), before, body.slice(0, 40))
  }
  assert.equal((await configure(app, {})).status, 200)
})

test('a configuration lasts through a restart, whatever the settings say then', async t => {
  const registry = memoryRegistryStore()
  const first = await experimentApp(t, { registry })
  await configure(first.app, { split_ratio: 0.9, models: ['v2.0', 'v3.0'], strategy: 'weighted', weights: 'fixed' })
  const { config } = await status(first.app)
  const second = await experimentApp(t, { registry, env: { AB_TEST_SPLIT_RATIO: '0.1', AB_TEST_ENABLED: 'false' } })
  const told = await status(second.app)
  assert.deepEqual([told['config'], told['source'], told['enabled']], [config, 'api', true])
})

test('a change adds to what another process has configured, heard of or not', async t => {
  const registry = memoryRegistryStore()
  const { app } = await experimentApp(t, { registry })
  const { app: other } = await experimentApp(t, { registry })
  await configure(app, { strategy: 'hash-based', models: ['v3.0', 'v1.0'] })
  const { status: code, body } = await configure(other, { split_ratio: 0.2 })
  assert.equal(code, 200)
  const config = { enabled: true, split_ratio: 0.2, models: ['v3.0', 'v1.0'], strategy: 'hash-based' }
  assert.deepEqual(body['config'], config)
  assert.equal((await configure(app, { enabled: false })).status, 200)
  assert.deepEqual((await status(app))['config'], { ...config, enabled: false })
})

test('until somebody configures it, the settings hold at each start', async t => {
  const registry = memoryRegistryStore()
  await experimentApp(t, { registry })
  const env = { AB_TEST_SPLIT_RATIO: '0.1', AB_TEST_MODELS: 'v2.0, v3.0' }
  const told = await status((await experimentApp(t, { registry, env })).app)
  assert.deepEqual(told['config'], { enabled: true, split_ratio: 0.1, models: ['v2.0', 'v3.0'], strategy: 'random' })
  const off = await status((await experimentApp(t, { registry, env: { AB_TEST_ENABLED: 'off' } })).app)
  assert.deepEqual([off['enabled'], off['reason']], [false, 'it is turned off'])
})

test('where there is none the status says why', async t => {
  const { app } = await experimentApp(t, { env: { AB_TEST_MODELS: 'v1.0,v1.0' } })
  assert.equal((await status(app))['reason'], 'version v1.0 is listed twice')
  const { app: other } = await experimentApp(t)
  await request(other, 'POST /experiments/ab-test/stop')
  await request(other, 'DELETE /experiments/ab-test')
  assert.match(String((await status(other))['reason']), /^there is no experiment ab-test: it was removed/)
})

test('where the versions are not there it is off and says why', async t => {
  const { app } = await experimentApp(t, { env: { AB_TEST_MODELS: 'v1.0,v7.0' } })
  const told = await status(app)
  assert.equal(told['enabled'], false)
  assert.match(String(told['reason']), /no version "v7\.0"/)
  assert.equal((await post(app, '/predict', { features })).body['model_version'], 'v1.0')
  const without = await experimentApp(t, { env: { MILLRACE_FEATURES_MODEL: 'nobody' } })
  assert.match(String((await status(without.app))['reason']), /no model that takes a list of features/)
})

test('a version that is served no more is not asked, and the status says so; it can be turned off', async t => {
  const { app } = await experimentApp(t)
  const only = { parameters: { config: JSON.stringify({ version_policy: { specific: { versions: ['v2.0'] } } }) } }
  const load = '/v2/repository/models/tabular_classifier/load'
  assert.equal((await post(app, load, only)).status, 200)
  for (let i = 0; i < 20; i++) {
    const { status: code, body } = await post(app, '/predict', { features })
    assert.deepEqual([code, body['model_version']], [200, 'v2.0'])
  }
  assert.match(String((await status(app))['reason']), /"v1\.0" of tabular_classifier is not served/)
  assert.equal((await configure(app, { split_ratio: 0.1 })).status, 400)
  assert.equal((await configure(app, { enabled: false })).status, 200)
  assert.equal((await status(app))['enabled'], false)
  assert.equal((await post(app, load, {})).status, 200)
  assert.equal((await configure(app, { enabled: true })).status, 200)
  assert.deepEqual([(await status(app))['enabled'], (await status(app))['reason']], [true, null])
})

test('a model that is unloaded and loaded again goes on with its experiment', async t => {
  const { app, models } = await experimentApp(t)
  await configure(app, { strategy: 'hash-based' })
  const ask = async () => {
    const { status: code, body } = await post(app, '/predict', { features, request_id: 'somebody' })
    return [code, body['model_version']]
  }
  const before = await ask()
  await models.unload('tabular_classifier')
  assert.deepEqual(await ask(), [503, undefined])
  await models.load('tabular_classifier')
  assert.deepEqual(await ask(), before)
  assert.equal((await status(app))['total_assignments'], 2)
})

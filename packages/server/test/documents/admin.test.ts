import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { documentApp, sampleModels } from './document-app.ts'
import { get, post } from './json.ts'

/** A copy of some of the sample models, that a test may break. */
function folderOf(t: TestContext, ...models: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const model of models) cpSync(join(sampleModels, model), join(folder, model), { recursive: true })
  return folder
}

/** Gives a copy of a version another name. */
function rewriteVersion(folder: string, from: string, to: string): void {
  const file = join(folder, 'metadata.json')
  writeFileSync(file, readFileSync(file, 'utf8').replace(`"version": "${from}"`, `"version": "${to}"`))
}

const tenths = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]

test('versions are listed, activated and taken back, and the list says which one answers', async t => {
  const { app } = await documentApp(t, { folder: folderOf(t, 'tabular_classifier') })
  const listed = async () => (await get(app, '/models')).body as { version: string; is_active: boolean }[]
  const active = async () => (await listed()).filter(each => each.is_active).map(({ version }) => version)
  const answers = async () => (await post(app, '/predict', { features: tenths })).body['model_version']
  const versions = await listed()
  assert.deepEqual(
    versions.map(({ version }) => version),
    ['v3.0', 'v2.0', 'v1.0']
  )
  assert.deepEqual(versions[1], {
    version: 'v2.0',
    name: 'Model v2.0',
    accuracy: 0.945,
    created_at: '2026-02-05T09:00:00Z',
    is_active: false,
    model: 'tabular_classifier',
    model_type: 'RandomForestClassifier',
    aliases: [],
    state: 'READY',
    reason: ''
  })
  assert.deepEqual([await active(), await answers()], [['v1.0'], 'v1.0'])

  const second = await post(app, '/models/v2.0/activate', '')
  assert.equal(second.status, 200)
  assert.deepEqual(second.body, {
    message: 'Model v2.0 activated successfully',
    model: 'tabular_classifier',
    version: 'v2.0',
    previous_version: 'v1.0'
  })
  assert.deepEqual([await active(), await answers()], [['v2.0'], 'v2.0'])

  assert.equal((await post(app, '/api/models/v3.0/activate', '{}')).status, 200)
  assert.equal(await answers(), 'v3.0')

  const back = await post(app, '/models/rollback', '')
  assert.deepEqual([back.status, back.body['version'], back.body['previous_version']], [200, 'v2.0', 'v3.0'])
  assert.equal((await post(app, '/models/rollback', '')).body['version'], 'v1.0')
  assert.deepEqual([await active(), await answers()], [['v1.0'], 'v1.0'])
  const none = await post(app, '/models/rollback', '')
  assert.deepEqual([none.status, none.body['code']], [404, 'MILL_VERSION_NOT_FOUND'])
})

test('only a version that there is can be activated, and of a model that there is', async t => {
  const { app } = await documentApp(t, { folder: folderOf(t, 'tabular_classifier', 'random_forest_classifier') })
  const cases: [url: string, status: number, code: string][] = [
    ['/models/v9.9/activate', 404, 'MILL_VERSION_NOT_FOUND'],
    ['/models/1.0/activate', 404, 'MILL_VERSION_NOT_FOUND'],
    ['/models/%2e%2e%2fv1.0/activate', 404, 'MILL_VERSION_NOT_FOUND'],
    ['/models/__proto__/activate', 404, 'MILL_VERSION_NOT_FOUND'],
    ['/models/v1.0/activate?model=nobody', 404, 'MILL_MODEL_NOT_FOUND'],
    ['/models/v1.0/activate?model=__proto__', 404, 'MILL_MODEL_NOT_FOUND'],
    ['/models/v1.0/activate?model=a&model=b', 422, 'MILL_REQUEST_INVALID'],
    ['/models/rollback?model=nobody', 404, 'MILL_MODEL_NOT_FOUND'],
    ['/models/reload?model=nobody', 404, 'MILL_MODEL_NOT_FOUND']
  ]
  for (const [url, status, code] of cases) {
    const reply = await post(app, url, '')
    assert.deepEqual([reply.status, reply.body['code']], [status, code], url)
  }
  const other = await post(app, '/models/1.0.0/activate?model=random_forest_classifier', '')
  assert.equal(other.body['model'], 'random_forest_classifier')
  assert.equal((await app.inject({ url: '/models/v1.0/activate' })).statusCode, 405)
})

test('of another model, or of all, versions are listed on request', async t => {
  const { app } = await documentApp(t, { folder: folderOf(t, 'tabular_classifier', 'random_forest_classifier') })
  const named = async (url: string) =>
    ((await get(app, url)).body as { model: string; version: string }[]).map(each => `${each.model}/${each.version}`)
  assert.deepEqual(await named('/models?model=random_forest_classifier'), ['random_forest_classifier/1.0.0'])
  assert.deepEqual(await named('/models?model=*'), [
    'random_forest_classifier/1.0.0',
    'tabular_classifier/v3.0',
    'tabular_classifier/v2.0',
    'tabular_classifier/v1.0'
  ])
  assert.equal((await get(app, '/models?model=nobody')).status, 404)
})

test('a server without the listed model lists nothing', async t => {
  const { app } = await documentApp(t, { folder: folderOf(t, 'random_forest_classifier') })
  assert.deepEqual((await get(app, '/models')).body, [])
})

test('a reload takes over what is new', async t => {
  const folder = folderOf(t, 'random_forest_classifier')
  const { app, metrics } = await documentApp(t, { folder })
  const cases: [url: string, told: unknown][] = [
    ['/models/reload', 'random_forest_classifier'],
    ['/model/reload', null],
    ['/model/reload?model=random_forest_classifier', 'random_forest_classifier']
  ]
  for (const [url, told] of cases) {
    const { status, body } = await post(app, url, '')
    const { timestamp, message, ...rest } = body
    assert.equal(status, 200)
    assert.match(String(message), /reloaded successfully$/)
    assert.equal(new Date(String(timestamp)).toISOString(), timestamp)
    const version = told === null ? null : '1.0.0'
    assert.deepEqual(rest, { status: 'success', model_name: told, model_version: version, loaded: [], unloaded: [] })
  }
  const version = join(folder, 'random_forest_classifier/1.0.0')
  cpSync(version, join(folder, 'random_forest_classifier/1.1.0'), { recursive: true })
  rewriteVersion(join(folder, 'random_forest_classifier/1.1.0'), '1.0.0', '1.1.0')
  const { body } = await post(app, '/models/reload', '')
  assert.deepEqual(body['loaded'], ['random_forest_classifier/1.1.0'])
  assert.equal(body['model_version'], '1.1.0')
  assert.deepEqual([metrics.counts.reloads.success, metrics.counts.reloads.failure], [4, 0])
})

test('a reload that fails says why, and what was served still is', async t => {
  const folder = folderOf(t, 'random_forest_classifier')
  const { app, metrics } = await documentApp(t, { folder })
  writeFileSync(join(folder, 'random_forest_classifier/1.0.0/model.onnx'), 'no model')
  const { status, body } = await post(app, '/model/reload', '')
  assert.equal(status, 400)
  assert.equal(body['code'], 'MILL_MODEL_INVALID')
  const { failed } = body['details'] as { failed: { model: string; version: string; reason: string }[] }
  assert.deepEqual(
    failed.map(({ model, version }) => [model, version]),
    [['random_forest_classifier', '1.0.0']]
  )
  assert.ok(String(body['message']).includes(failed[0]!.reason))
  const request = { data: [[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]], use_cache: false }
  assert.deepEqual((await post(app, '/predict', request)).body['predictions'], [0])
  assert.deepEqual([metrics.counts.reloads.success, metrics.counts.reloads.failure], [0, 1])
})

test('what a model takes and gives is told beside its metadata', async t => {
  const { app } = await documentApp(t, { folder: folderOf(t, 'random_forest_classifier', 'tabular_classifier') })
  const { status, body } = await get(app, '/models/info')
  assert.equal(status, 200)
  assert.equal(body['model_name'], 'random_forest_classifier')
  assert.equal(body['version'], '1.0.0')
  assert.deepEqual(body['input_shape'], [null, 10])
  assert.equal(body['output_classes'], 3)
  assert.deepEqual(body['class_names'], ['class_0', 'class_1', 'class_2'])
  assert.equal(body['accuracy'], 0.875)
  assert.deepEqual(body['onnx_inputs'], [{ name: 'float_input', type: 'tensor(float)', shape: [null, 10] }])
  const outputs = body['onnx_outputs'] as { name: string; type: string }[]
  assert.deepEqual(
    outputs.map(({ name, type }) => [name, type]),
    [
      ['label', 'tensor(int64)'],
      ['probabilities', 'tensor(float)']
    ]
  )
  assert.deepEqual(body['providers'], ['CPUExecutionProvider'])
  assert.equal(typeof body['session_options'], 'object')
  const other = await get(app, '/models/info?model=tabular_classifier&version=v2.0')
  assert.deepEqual([other.body['model_name'], other.body['version']], ['tabular_classifier', 'v2.0'])
  assert.equal((await get(app, '/models/info?model=tabular_classifier&version=v9')).status, 404)
  assert.equal((await get(app, '/models/info?model=nobody')).status, 404)
})

test('a sample that the metadata do not hold is made from the ranges, and the model says its classes', async t => {
  const folder = folderOf(t, 'tabular_classifier')
  const file = join(folder, 'tabular_classifier/v1.0/metadata.json')
  const { sample, ...metadata } = JSON.parse(readFileSync(file, 'utf8'))
  const features = metadata.features.map((feature: object) => ({ ...feature, min: -10, max: 10 }))
  writeFileSync(file, JSON.stringify({ ...metadata, features }))
  const { app } = await documentApp(t, { folder })
  const { body } = await get(app, '/sample?model=tabular_classifier')
  // At 10, 30, 50, 70 and 90 percent of each range.
  assert.deepEqual(
    body['test_input'],
    [-8, -4, 0, 4, 8].map(value => Array.from({ length: 10 }, () => value))
  )
  assert.deepEqual(body['sample_input'], body['test_input'])
  assert.equal((body['expected_output'] as unknown[]).length, sample.expected_output.length)
  const { test_input } = body
  for (const [row, expected] of (body['expected_output'] as number[]).entries()) {
    const answer = await post(app, '/predict', { features: test_input[row] })
    assert.equal(answer.body['prediction'], expected)
  }
  assert.equal((await get(app, '/sample')).status, 404)
})

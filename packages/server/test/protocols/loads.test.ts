import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { status } from '@grpc/grpc-js'
import { memoryRegistryStore } from '@millrace/store'
import { createLogger, parseConfig } from '../../src/index.ts'
import { openModels } from '../../src/open-models.ts'
import { inferenceProtocolRoutes } from '../../src/protocols/v2/inference-protocol-routes.ts'
import { openGrpc } from '../grpc-server.ts'
import { appOf, call, type Reply } from './protocol-app.ts'

const fixtures = join(import.meta.dirname, '../../../runtime/test/fixtures')
const modelBytes = (name: string): Buffer => readFileSync(join(fixtures, `${name}.onnx`))

/** What ONNX Runtime in Python answered. */
const expected = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as {
  mlp: { inputs: { x: number[][] }; outputs: { y: number[][] } }
}

/** Versions 1 and 2 of the model `m`, which add one to their input, and the port for them. */
async function serving(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-loads-'))
  const bytes = modelBytes('scalar')
  for (const version of ['1', '2']) {
    mkdirSync(join(folder, 'models/m', version), { recursive: true })
    writeFileSync(join(folder, 'models/m', version, 'model.onnx'), bytes)
    // With its checksum a file is known to be whole, however new it is.
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    writeFileSync(join(folder, 'models/m', version, 'metadata.json'), JSON.stringify({ sha256 }))
  }
  const open = () =>
    openModels({
      config: parseConfig({ MODEL_DIR: join(folder, 'models'), MILLRACE_DATA_DIR: join(folder, 'data') }),
      stores: { registry: memoryRegistryStore(), connection: undefined },
      learners: new Map(),
      events: {},
      logger: createLogger({ level: 'silent' })
    })
  const opened = await open()
  t.after(async () => {
    await opened.close()
    rmSync(folder, { recursive: true })
  })
  const { models } = opened
  const app = appOf(inferenceProtocolRoutes, { models, inferBodyLimitBytes: 100_000 })
  const post = (url: string, body?: object): Promise<Reply> => call(app, ['POST', url], body)
  return {
    models,
    open,
    given: join(folder, 'data/given-models'),
    load: (model: string, parameters?: object) => post(`/v2/repository/models/${model}/load`, { parameters }),
    get: (url: string) => call(app, ['GET', url]),
    post,
    async one(model = 'm', version?: string): Promise<unknown> {
      const of = version === undefined ? model : `${model}/versions/${version}`
      const x = { name: 'x', datatype: 'FP32', shape: [], data: [41] }
      const { body } = await post(`/v2/models/${of}/infer`, { inputs: [x] })
      return body['error'] ?? (body['outputs'] as { data: number[] }[])[0]!.data[0]
    }
  }
}

const versionsOf = async ({ post }: Awaited<ReturnType<typeof serving>>): Promise<string[]> => {
  const { bytes } = await post('/v2/repository/index', { ready: true })
  return (JSON.parse(String(bytes)) as { name: string; version: string }[]).map(
    ({ name, version }) => `${name}/${version}`
  )
}

const base64 = (name: string): string => modelBytes(name).toString('base64')

/** Rows of the network, as ONNX Runtime in Python was asked. */
const rows = expected.mlp.inputs.x
const question = { inputs: [{ name: 'x', datatype: 'FP32', shape: [rows.length, 10], data: rows }] }

function assertScores(reply: Reply): void {
  const [{ data }] = reply.body['outputs'] as [{ data: number[] }]
  for (const [index, score] of expected.mlp.outputs.y.flat().entries()) {
    assert.ok(Math.abs(data[index]! - score) < 1e-5, `score ${index}`)
  }
}

test('a configuration that comes with a load holds until the next one', async t => {
  const server = await serving(t)
  const config = JSON.stringify({ version_policy: { specific: { versions: [1] } } })
  const reply = await server.load('m', { config })
  assert.deepEqual([reply.status, reply.body], [200, {}])
  assert.deepEqual(await versionsOf(server), ['m/1'])
  assert.match(String(await server.one('m', '2')), /version 2 is not served: the policy is only 1/)
  assert.equal((await server.load('m')).status, 200)
  assert.deepEqual(await versionsOf(server), ['m/1', 'm/2'])
})

test('what a load answers about its configuration can be sent back', async t => {
  const server = await serving(t)
  const { body } = await server.get('/v2/models/m/versions/1/config')
  assert.deepEqual([(await server.load('m', { config: JSON.stringify(body) })).status], [200])
  assert.deepEqual(await versionsOf(server), ['m/1'])
  assert.equal(await server.one(), 42)
})

test('files that come with a load are served in place of those of the model', async t => {
  const server = await serving(t)
  const config = JSON.stringify({
    backend: 'onnxruntime',
    max_batch_size: '2',
    input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [10] }],
    output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [3] }]
  })
  const reply = await server.load('m', { config, 'file:5/model.onnx': base64('mlp') })
  assert.deepEqual([reply.status, reply.body], [200, {}])
  assert.deepEqual(await versionsOf(server), ['m/5'])
  assertScores(await server.post('/v2/models/m/infer', question))
  assert.equal((await server.get('/v2/models/m/config')).body['max_batch_size'], 2)
  assert.equal(readdirSync(server.given).length, 1)
  assert.equal((await server.load('m')).status, 200)
  assert.equal(await server.one(), 42)
  assert.deepEqual(readdirSync(server.given), [], 'the files are gone')
})

test('a model that is nowhere else is served from files alone, until it is unloaded', async t => {
  const server = await serving(t)
  assert.equal((await server.load('new', { config: '{}', 'file:1/model.onnx': base64('scalar') })).status, 200)
  assert.equal(await server.one('new'), 42)
  const again = await server.load('new')
  assert.equal(again.status, 404)
  assert.match(String(again.body['error']), /^failed to load 'new', Request for unknown model: 'new' is not found$/)
  assert.equal((await server.post('/v2/repository/models/new/unload')).status, 200)
  assert.match(String(await server.one('new')), /unknown model: 'new'/)
  assert.deepEqual(readdirSync(server.given), [])
})

test('files that cannot be served change nothing', async t => {
  const server = await serving(t)
  const dims = JSON.stringify({ max_batch_size: 2, input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [11] }] })
  const refused: [object, RegExp][] = [
    [{ config: '{}', 'file:3/model.onnx': 'bm8gbW9kZWw=' }, /^failed to load 'm', version 3: failed to load m\/3: /],
    [{ config: '{}', 'file:3/weights.bin': 'AAAA' }, /^failed to load 'm', version 3: lacks model.onnx$/],
    [
      { config: dims, 'file:3/model.onnx': base64('mlp') },
      /^failed to load 'm', version 3: its input 'x' has the shape/
    ],
    [{ config: '{}', 'file:../../model.onnx': 'AAAA' }, /^failed to load 'm', a file of a model must be called/],
    [{ config: '{}', 'file:3/model.onnx': 'no base64' }, /must be the bytes of a file$/],
    [{ 'file:3/model.onnx': base64('mlp') }, /^failed to load 'm', the load parameter .* needs 'config' beside it$/],
    [
      { config: '{"sequence_batching": {"a": 1}}' },
      /^failed to load 'm', 'sequence_batching' of the configuration is not/
    ],
    [{ config: '{"version_policy": {"specific": {"versions": [9]}}}' }, /at least one version must be available/]
  ]
  for (const [parameters, message] of refused) {
    const reply = await server.load('m', parameters)
    assert.match(String(reply.body['error']), message)
    assert.equal(reply.status, 400)
    assert.deepEqual(await versionsOf(server), ['m/1', 'm/2'])
  }
  assert.deepEqual(existsSync(server.given) ? readdirSync(server.given) : [], [])
  assert.equal(await server.one(), 42)
})

test('more bytes than a body may have are refused', async t => {
  const server = await serving(t)
  const file = Buffer.alloc(100_000).toString('base64')
  assert.equal((await server.load('m', { config: '{}', 'file:3/model.onnx': file })).status, 413)
  assert.equal(await server.one(), 42)
})

test('nothing of it survives a restart, and files that were left behind are removed', async t => {
  const server = await serving(t)
  await server.load('m', { config: '{}', 'file:5/model.onnx': base64('mlp') })
  const left = join(server.given, 'left-behind')
  mkdirSync(left)
  const restarted = await server.open()
  assert.equal(existsSync(left), false)
  assert.deepEqual(
    restarted.models.model('m').versions.map(({ version }) => version),
    ['2', '1']
  )
  await restarted.close()
})

test('gRPC takes the same', async t => {
  const server = await serving(t)
  const grpc = await openGrpc(t, { models: server.models })
  const load = (parameters: object) => grpc.call('RepositoryModelLoad', { model_name: 'm', parameters })
  const config = { string_param: JSON.stringify({ max_batch_size: 4 }) }
  await load({ config, 'file:7/model.onnx': { bytes_param: modelBytes('mlp') } })
  assert.deepEqual(await versionsOf(server), ['m/7'])
  assertScores(await server.post('/v2/models/m/infer', question))
  const refused = { code: status.INVALID_ARGUMENT }
  await assert.rejects(load({ config: { bool_param: true } }), { ...refused, details: /'config' must be a text/ })
  await assert.rejects(load({ config, 'file:1/model.onnx': { string_param: 'AAAA' } }), {
    ...refused,
    details: /'file:1\/model.onnx' must be the bytes of a file/
  })
  await assert.rejects(load({ replicas: { int64_param: 2 } }), { ...refused, details: /unrecognized load parameter/ })
  await load({})
  assert.deepEqual(await versionsOf(server), ['m/1', 'm/2'])
})

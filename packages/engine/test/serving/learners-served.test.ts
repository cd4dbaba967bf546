import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRuntime, type NamedTensor } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import type { ServedLearner } from '../../src/learning/served-learner.ts'
import { createModelServer } from '../../src/serving/create-model-server.ts'
import type { ModelServer } from '../../src/serving/model-server.ts'
import { memoryLearner } from '../learner-setup.ts'
import { numberIn, quiet, wide } from './setup.ts'

const names = ['a', 'b']

interface Things {
  server: ModelServer
  linear: ServedLearner
  folder: string
}

async function setup(t: TestContext, { hasFolder = true } = {}): Promise<Things> {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-frozen-'))
  const linear = await memoryLearner()
  const forest = await memoryLearner({ name: 'amf_regressor' })
  await linear.learnMany([1, 2, 3, 4].map(a => ({ features: { a, b: 1 / a }, target: 3 * a })))
  const runtime = createRuntime()
  const server = await createModelServer({
    sources: [folderSource({ folder })],
    runtime,
    registry: memoryRegistryStore(),
    learners: new Map([
      ['linear_regression', linear],
      ['amf_regressor', forest]
    ]),
    policy: { kind: 'latest', count: 3 },
    defaultVersion: 'v1.0',
    limits: wide,
    cacheTtlMs: 0,
    frozenFolder: hasFolder ? folder : undefined,
    log: quiet
  })
  t.after(async () => {
    await server.close()
    await runtime.close()
    await Promise.all([linear.close(), forest.close()])
    await rm(folder, { recursive: true })
  })
  return { server, linear, folder }
}

const input: NamedTensor = { name: 'features', datatype: 'FP64', shape: [1, 2], data: Float64Array.of(5, 0.2) }

async function ask(server: ModelServer, version?: string): Promise<number> {
  return numberIn(await server.infer({ model: 'linear_regression', version, inputs: [input], featureNames: names }))
}

async function putOnnx(place: string, onnx: Uint8Array): Promise<void> {
  const sha256 = createHash('sha256').update(onnx).digest('hex')
  await mkdir(place)
  await writeFile(path.join(place, 'model.onnx'), onnx)
  await writeFile(path.join(place, 'metadata.json'), JSON.stringify({ sha256 }))
}

test('a learner is a model whose default is what it has learned up to now', async t => {
  const { server, linear } = await setup(t)
  assert.deepEqual(
    server.models().map(({ name, kind, aliases }) => [name, kind, aliases.get('default')]),
    [
      ['amf_regressor', 'learner', 'live'],
      ['linear_regression', 'learner', 'live']
    ]
  )
  assert.equal(await ask(server), linear.predict({ a: 5, b: 0.2 }))
  await linear.learn({ features: { a: 5, b: 0.2 }, target: 100 })
  assert.equal(await ask(server), linear.predict({ a: 5, b: 0.2 }))
})

test('a frozen learner is served when freezing is done, and predicts what the learner did then', async t => {
  const { server, linear } = await setup(t)
  const before = await ask(server)
  const { version, state } = await server.freeze('linear_regression')
  assert.deepEqual([version, state], ['4', 'READY'])
  await linear.learn({ features: { a: 5, b: 0.2 }, target: 100 })
  assert.equal(await ask(server, '4'), before)
  await server.moveAlias('linear_regression', 'stable', '4')
  await assert.rejects(server.freeze('linear_regression', 'stable'), { code: 'MILL_VERSION_EXISTS' })
  assert.notEqual(await ask(server), before)
  assert.deepEqual(
    server.model('linear_regression').versions.map(one => one.version),
    ['live', '4']
  )
  await assert.rejects(server.freeze('linear_regression', '4'), { code: 'MILL_VERSION_EXISTS' })
  await server.moveAlias('linear_regression', 'default', '4')
  assert.equal(await ask(server), before)
  assert.equal(await server.rollback('linear_regression'), 'live')
})

test('a frozen learner does not become the default by its name', async t => {
  const { server, linear } = await setup(t)
  await server.freeze('linear_regression', 'v1.0')
  await linear.learn({ features: { a: 5, b: 0.2 }, target: 100 })
  assert.equal(server.model('linear_regression').aliases.get('default'), 'live')
  assert.equal(await ask(server), linear.predict({ a: 5, b: 0.2 }))
})

test('a linear learner is written as ONNX, live or frozen, and predicts the same once it is served', async t => {
  const { server, folder } = await setup(t)
  await server.freeze('linear_regression', '1.0.0')
  const live = await server.exportOnnx('linear_regression')
  const frozen = await server.exportOnnx('linear_regression', '1.0.0')
  await putOnnx(path.join(folder, 'linear_regression', '2.0.0'), live)
  await putOnnx(path.join(folder, 'linear_regression', '3.0.0'), frozen)
  await server.reload()
  const expected = await ask(server)
  for (const version of ['2.0.0', '3.0.0']) {
    const reply = await server.infer({ model: 'linear_regression', version, inputs: [input] })
    assert.ok(Math.abs(numberIn(reply) - expected) < 1e-9)
  }
  assert.deepEqual(await server.exportOnnx('linear_regression', '3.0.0'), Buffer.from(frozen))
})

test('what cannot be frozen or written as ONNX is refused', async t => {
  const { server } = await setup(t, { hasFolder: false })
  await assert.rejects(server.freeze('nobody'), { code: 'MILL_MODEL_NOT_FOUND' })
  await assert.rejects(server.freeze('linear_regression'), { code: 'MILL_UNSUPPORTED' })
  await assert.rejects(server.exportOnnx('amf_regressor'), { code: 'MILL_UNSUPPORTED' })
  await assert.rejects(server.exportOnnx('linear_regression', '9'), { code: 'MILL_VERSION_NOT_FOUND' })
})

test('a learner that was unloaded as a model goes on learning, and is asked again once it is loaded', async t => {
  const { server, linear } = await setup(t)
  await server.unload('linear_regression')
  await assert.rejects(ask(server), { code: 'MILL_MODEL_NOT_READY' })
  await linear.learn({ features: { a: 5, b: 0.2 }, target: 15 })
  assert.deepEqual((await server.load('linear_regression')).loaded, ['linear_regression/live'])
  assert.equal(await ask(server), linear.predict({ a: 5, b: 0.2 }))
})

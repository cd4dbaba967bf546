import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { ModelServer } from '../../src/serving/model-server.ts'
import { answerOf, setup, wide } from './setup.ts'

const invalid = new MillraceError('MILL_MODEL_INVALID', 'm/2 failed to load: no graph')
const away = new MillraceError('MILL_SOURCE_FAILED', 'the bucket does not answer')

function reasonFor(server: ModelServer, model: string, version: string): string {
  return server.model(model).versions.find(one => one.version === version)!.reason
}

test('what aliases stand for is loaded first, then the newest versions, as far as there is room', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2', '3']) source.put('a', version, { answer: Number(version) })
  for (const version of ['v1.0', 'v2.0', 'v3.0']) source.put('b', version, { answer: 10 })
  source.configure('a', { aliases: { stable: '1' } })
  const server = await open({ defaultVersion: 'v1.0', limits: { ...wide, maxModels: 5 } })
  assert.deepEqual(runtime.loads.slice(0, 3).toSorted(), ['a/1', 'a/3', 'b/v1.0'])
  assert.deepEqual(runtime.loads.slice(3).toSorted(), ['a/2', 'b/v3.0'])
  assert.equal(server.isReady('b', 'v2.0'), true, 'a request for it is answered')
  assert.equal(reasonFor(server, 'b', 'v2.0'), 'not in memory; loaded when it is asked for')
})

test('a version that is not in memory is loaded when it is asked for, once for all who wait', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  assert.deepEqual(runtime.loads, ['m/2'])
  const answers = await Promise.all(Array.from({ length: 20 }, () => answerOf(server, 'm', '1')))
  assert.deepEqual(new Set(answers), new Set([1]))
  assert.deepEqual(runtime.loads, ['m/2', 'm/1'])
})

test('the version that was asked least recently gives way, and one that an alias stands for after all others', async t => {
  const { source, runtime, time, open } = setup(t)
  for (const version of ['1', '2', '3', '4']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 3 } })
  for (const version of ['4', '2', '3', '1']) {
    time.pass(1)
    await answerOf(server, 'm', version)
  }
  assert.deepEqual(runtime.closed, ['m/2=2'], 'version 4 was asked before, but is the default')
  await answerOf(server, 'm', '2')
  assert.deepEqual(runtime.closed, ['m/2=2', 'm/3=3'])
})

test('versions give way when they take too many bytes', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2', '3']) source.put('m', version, { answer: Number(version) })
  runtime.memoryBytes = 40
  const server = await open({ limits: { ...wide, memoryBytes: 100 } })
  assert.deepEqual([...runtime.inMemory].toSorted(), ['m/2=2', 'm/3=3'])
  await answerOf(server, 'm', '1')
  assert.deepEqual([...runtime.inMemory].toSorted(), ['m/1=1', 'm/3=3'])
})

test('a version that answers a request does not give way before it has', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeRun = async label => (label === 'm/2' ? promise : undefined)
  const slow = answerOf(server, 'm', '2')
  assert.equal(await answerOf(server, 'm', '1'), 1)
  const inMemory = server.model('m').versions.filter(({ state }) => state === 'READY')
  assert.deepEqual(
    inMemory.map(({ version }) => version),
    ['2']
  )
  const both = answerOf(server, 'm', '1')
  await new Promise(setImmediate)
  resolve()
  assert.deepEqual([await slow, await both], [2, 1])
  assert.equal(runtime.inMemory.size, 1)
})

test('a version that cannot be loaded says why, and is tried again when it changes or somebody says so', async t => {
  const { source, runtime, time, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  source.put('m', '2', { answer: 2 })
  runtime.failing.set('m/2', invalid)
  const server = await open()
  assert.equal(await answerOf(server, 'm'), 1)
  await assert.rejects(answerOf(server, 'm', '2'), {
    code: 'MILL_MODEL_NOT_READY',
    message: "model 'm' version 2 is not ready: m/2 failed to load: no graph"
  })
  time.pass(1e9)
  assert.deepEqual((await server.reload()).failed, [
    { model: 'm', version: '2', reason: 'm/2 failed to load: no graph' }
  ])
  assert.equal(runtime.loads.filter(label => label === 'm/2').length, 1)
  await server.load('m')
  assert.equal(runtime.loads.filter(label => label === 'm/2').length, 2)
  runtime.failing.clear()
  source.put('m', '2', { answer: 22 })
  assert.deepEqual((await server.reload()).loaded, ['m/2'])
  assert.equal(await answerOf(server, 'm'), 22)
})

test('a version that could not be fetched is tried again later and later', async t => {
  const { source, time, open } = setup(t)
  source.put('m', '1', { answer: 1, fetchError: away })
  const server = await open()
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_READY', message: /the bucket does not answer/ })
  assert.equal(source.counts.fetches.length, 1)
  time.pass(1000)
  await server.reload()
  assert.equal(source.counts.fetches.length, 2)
  time.pass(1000)
  await server.reload()
  assert.equal(source.counts.fetches.length, 2, 'the second wait is twice as long')
  source.put('m', '1', { answer: 1 })
  time.pass(1000)
  await server.reload()
  assert.equal(await answerOf(server, 'm'), 1)
})

test('the default stays what it is when its files cannot be fetched again for a while', async t => {
  const { source, open } = setup(t)
  for (const version of ['1', '2', '3']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  await server.moveAlias('m', 'stable', '1')
  source.put('m', '3', { answer: 3, fetchError: away })
  await answerOf(server, 'm', '2')
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_READY', message: /version 3 .*does not answer/ })
})

test('a model without any version that works is there, and says why it is not ready', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1, state: 'invalid', reason: 'metadata.json is no JSON' })
  source.put('n', '1', { answer: 1, state: 'incomplete', reason: 'model.onnx is still being written' })
  const server = await open()
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_READY', message: /no JSON/ })
  await assert.rejects(answerOf(server, 'n', '1'), { code: 'MILL_MODEL_NOT_READY', message: /still being written/ })
  await assert.rejects(server.load('m'), { code: 'MILL_MODEL_INVALID', message: /failed to load .*no JSON/ })
  assert.equal(server.model('m').aliases.size, 0)
})

test('what is not there is refused in the words that clients of Triton look for', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  await assert.rejects(answerOf(server, 'x'), {
    code: 'MILL_MODEL_NOT_FOUND',
    message: "Request for unknown model: 'x' is not found"
  })
  await assert.rejects(answerOf(server, 'm', '7'), {
    code: 'MILL_VERSION_NOT_FOUND',
    message: "Request for unknown model: 'm' version 7 is not found"
  })
  assert.throws(() => server.model('__proto__'), { code: 'MILL_MODEL_NOT_FOUND' })
  await assert.rejects(server.load('x'), { code: 'MILL_MODEL_NOT_FOUND' })
  await assert.rejects(server.unload('x'), { code: 'MILL_MODEL_NOT_FOUND' })
})

test('an unloaded model is asked no more, also after a restart, until it is loaded again', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  await server.unload('m')
  assert.equal(server.isReady('m'), false)
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_READY' })
  assert.equal(runtime.inMemory.size, 0)
  assert.deepEqual((await server.reload()).loaded, [])
  const restarted = await open()
  assert.equal(restarted.isReady('m'), false)
  assert.deepEqual((await restarted.load('m')).loaded, ['m/1'])
  assert.equal(await answerOf(restarted, 'm'), 1)
  assert.equal((await open()).isReady('m'), true)
})

test('requests that run when a model is unloaded are answered', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeRun = () => promise
  const running = answerOf(server, 'm')
  await server.unload('m')
  assert.equal(server.model('m').versions[0]!.state, 'UNLOADING')
  resolve()
  assert.equal(await running, 1)
  assert.equal(runtime.inMemory.size, 0)
})

test('a load that is under way when the model is unloaded leaves nothing in memory', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const waiting = answerOf(server, 'm', '1')
  await server.unload('m')
  resolve()
  await assert.rejects(waiting, { code: 'MILL_MODEL_NOT_READY' })
  assert.equal(runtime.inMemory.size, 0)
})

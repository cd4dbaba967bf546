import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type FakeVersion } from './fakes.ts'
import { setup } from './setup.ts'

const young: FakeVersion = { answer: 2, state: 'incomplete', isSettling: true, stamp: 'young' }

test('a server has started when what there was is loaded', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  assert.equal(server.hasStarted(), true)
})

test('files that were just written are waited for until they are loaded', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  source.put('m', '2', young)
  const server = await open()
  assert.equal(server.hasStarted(), false)
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  source.put('m', '2', { answer: 2, stamp: 'young' })
  const reload = server.reload()
  try {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.deepEqual(runtime.loads, ['m/1', 'm/2'])
    assert.equal(server.hasStarted(), false)
  } finally {
    // Else whoever closes the server waits for ever.
    resolve()
  }
  await reload
  assert.equal(server.hasStarted(), true)
})

for (const [how, next] of [
  ['that break their rules', { ...young, state: 'invalid', isSettling: false, reason: 'metadata.json: no JSON' }],
  ['that lack the model', { ...young, isSettling: false, reason: 'lacks model.onnx' }],
  ['that somebody goes on writing', { ...young, stamp: 'younger' }],
  ['that cannot be fetched', { answer: 2, stamp: 'young', fetchError: new MillraceError('MILL_SOURCE_FAILED', 'away') }]
] as [string, FakeVersion][]) {
  test(`files ${how} are not waited for`, async t => {
    const { source, open } = setup(t)
    source.put('m', '2', young)
    const server = await open()
    assert.equal(server.hasStarted(), false)
    source.put('m', '2', next)
    source.tell()
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    assert.equal(server.hasStarted(), true)
  })
}

test('files that are taken away, left out by the policy or of a model that was unloaded are not waited for', async t => {
  const { source, open } = setup(t)
  source.put('gone', '1', young)
  source.put('m', '1', young)
  source.put('m', '2', { answer: 2 })
  source.put('n', '1', young)
  const server = await open({ policy: { kind: 'latest', count: 1 } })
  await server.unload('n')
  source.content.delete('gone')
  for (const model of ['m', 'n']) source.put(model, '1', { answer: 1, stamp: 'young' })
  source.tell()
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(server.hasStarted(), true)
})

test('what comes later changes nothing: a server has started once', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  source.put('m', '2', young)
  source.tell()
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.equal(server.model('m').versions[0]!.reason, 'incomplete')
  assert.equal(server.hasStarted(), true)
})

for (const [how, bytes, beside] of [
  ['first and alone', 8 * 2 ** 20, ['large']],
  ['first and beside the next ones, if it is large indeed', 8 * 2 ** 20 + 1, ['large', 'middle', 'small']]
] as [string, number, string[]][]) {
  test(`a server that starts loads the largest of its models ${how}`, async t => {
    const { source, runtime, open } = setup(t)
    source.put('small', '1', { answer: 1, bytes: 1000 })
    source.put('middle', '1', { answer: 2, bytes: 2000 })
    source.put('large', '1', { answer: 3, bytes })
    const { promise, resolve } = Promise.withResolvers<void>()
    runtime.beforeLoad = () => promise
    const opening = open()
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
    const begun = [...runtime.loads]
    resolve()
    await opening
    assert.deepEqual(
      begun,
      beside.map(name => `${name}/1`)
    )
    assert.deepEqual(runtime.loads, ['large/1', 'middle/1', 'small/1'])
  })
}

test('a small model that is asked for is loaded before a large one that is not', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1, bytes: 2000 })
  source.put('m', '2', { answer: 2, bytes: 1000 })
  await open()
  assert.deepEqual(runtime.loads, ['m/2', 'm/1'])
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { fakeSource } from './fakes.ts'
import { answerOf, inTime, quiet, setup, wide } from './setup.ts'

const invalid = new MillraceError('MILL_MODEL_INVALID', 'no graph')

test('files that change while they are loaded are loaded again', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  await server.moveAlias('m', 'stable', '1')
  await answerOf(server, 'm', '2')
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const waiting = answerOf(server, 'm', '1')
  await new Promise(setImmediate)
  source.put('m', '1', { answer: 11 })
  const load = server.load('m')
  await new Promise(setImmediate)
  resolve()
  assert.equal(await waiting, 1)
  await load
  assert.deepEqual(runtime.loads.slice(-3), ['m/2', 'm/1', 'm/1'])
  assert.equal(await answerOf(server, 'm', '1'), 11)
})

test('a new version answers once it is loaded, and not before', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  source.put('m', '2', { answer: 2 })
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const reload = server.reload()
  assert.equal(await answerOf(server, 'm'), 1)
  resolve()
  assert.deepEqual(await reload, { loaded: ['m/2'], unloaded: [], failed: [] })
  assert.equal(await answerOf(server, 'm'), 2)
})

test('a source that tells of a change is looked at, once for many changes at the same time', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  source.put('m', '2', { answer: 2 })
  for (let change = 0; change < 10; change++) source.tell()
  await server.reload()
  assert.equal(await answerOf(server, 'm'), 2)
  assert.equal(source.counts.lists, 3, 'at the start, for the first change, and for all others')
})

test('files that change in place are taken over; requests that run are answered by what they began with', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeRun = () => promise
  const running = answerOf(server, 'm')
  source.put('m', '1', { answer: 5 })
  assert.deepEqual((await server.reload()).loaded, ['m/1'])
  assert.deepEqual(runtime.closed, [])
  const later = answerOf(server, 'm')
  resolve()
  assert.equal(await running, 1)
  assert.equal(await later, 5)
  assert.deepEqual(runtime.closed, ['m/1=1'])
})

test('files that are touched and not changed are not loaded again', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1, stamp: 'before' })
  const server = await open()
  source.put('m', '1', { answer: 1, stamp: 'after' })
  assert.deepEqual(await server.reload(), { loaded: [], unloaded: [], failed: [] })
  await server.reload()
  assert.deepEqual(runtime.loads, ['m/1'])
  assert.equal(source.counts.fetches.length, 2)
})

test('changed settings of a model load it anew', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  source.configure('m', { maxBatchRows: 4 })
  await server.reload()
  assert.deepEqual(runtime.loads, ['m/1', 'm/1'])
})

test('a reload waits for files that were just put there, and not for ever', async t => {
  const things = setup(t)
  const { source, open, time } = things
  const server = await open()
  source.put('m', '1', { answer: 1, state: 'incomplete', reason: 'still being written' })
  time.after(500, () => source.put('m', '1', { answer: 2 }))
  assert.deepEqual((await inTime(things.time, server.reload())).loaded, ['m/1'])
  source.put('m', '2', { answer: 3, state: 'incomplete', reason: 'still being written' })
  assert.deepEqual((await inTime(things.time, server.reload())).loaded, [])
  assert.equal(await answerOf(server, 'm'), 2)
})

test('what cannot take the place of a version leaves it as it is, and the status says why', async t => {
  const things = setup(t)
  const { source, runtime, open } = things
  source.put('m', '1', { answer: 1 })
  const failures: unknown[] = []
  const server = await open({ events: { loadFailed: failed => failures.push(failed) } })
  runtime.failing.set('m/1', invalid)
  source.put('m', '1', { answer: 5 })
  assert.deepEqual(await server.reload(), {
    loaded: [],
    unloaded: [],
    failed: [{ model: 'm', version: '1', reason: 'no graph' }]
  })
  assert.deepEqual(failures, [{ model: 'm', version: '1', error: invalid }])
  assert.equal(await answerOf(server, 'm'), 1)
  const [status] = server.model('m').versions
  assert.deepEqual([status!.state, status!.reason], ['READY', 'served as it was before its files changed: no graph'])

  source.put('m', '1', { answer: 6, state: 'invalid', reason: 'the checksum does not hold' })
  await server.reload()
  source.put('m', '1', { answer: 7, state: 'incomplete', reason: 'still being written' })
  await inTime(things.time, server.reload())
  assert.equal(await answerOf(server, 'm'), 1)
  assert.equal(failures.length, 2)

  runtime.failing.clear()
  source.put('m', '1', { answer: 8 })
  await server.reload()
  assert.equal(await answerOf(server, 'm'), 8)
  assert.equal(server.model('m').versions[0]!.reason, '')
})

test('a version whose files are gone is served no more, unless an alias was made for it', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2', '3']) source.put('m', version, { answer: Number(version) })
  const server = await open()
  await server.moveAlias('m', 'stable', '1')
  source.content.get('m')!.versions.clear()
  assert.deepEqual(await server.reload(), { loaded: [], unloaded: ['m/3', 'm/2'], failed: [] })
  assert.deepEqual([...runtime.inMemory], ['m/1=1'])
  assert.equal(await answerOf(server, 'm', 'stable'), 1)
  assert.match(server.model('m').versions[0]!.reason, /in no source any more/)
  await server.removeAlias('m', 'stable')
  await server.reload()
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_FOUND' })
  assert.equal(runtime.inMemory.size, 0)
})

test('a version that takes another name is served under one of both at every moment', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  source.content.get('m')!.versions.clear()
  source.put('m', '1.0', { answer: 1 })
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const reload = server.reload()
  assert.equal(await answerOf(server, 'm'), 1)
  resolve()
  assert.deepEqual(await reload, { loaded: ['m/1.0'], unloaded: ['m/1'], failed: [] })
})

test('by the policy latest 1 a version answers until the next one can', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open({ policy: { kind: 'latest', count: 1 } })
  source.put('m', '2', { answer: 2 })
  runtime.failing.set('m/2', invalid)
  await server.reload()
  assert.equal(await answerOf(server, 'm'), 1)
  source.put('m', '3', { answer: 3 })
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const reload = server.reload()
  await new Promise(setImmediate)
  assert.deepEqual([await answerOf(server, 'm'), await answerOf(server, 'm', '1')], [1, 1])
  resolve()
  assert.deepEqual(await reload, {
    loaded: ['m/3'],
    unloaded: ['m/1'],
    failed: [{ model: 'm', version: '2', reason: 'no graph' }]
  })
  assert.deepEqual([...runtime.inMemory], ['m/3=3'])
  await assert.rejects(answerOf(server, 'm', '1'), {
    code: 'MILL_VERSION_NOT_FOUND',
    message: "Request for unknown model: 'm' version 1 is not served: the policy is latest 1"
  })
})

test('the policy of a model comes before that of the server, and a wrong one is told', async t => {
  const { source, runtime, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  for (const version of ['1', '2']) source.put('n', version, { answer: Number(version) })
  source.configure('m', { versionPolicy: { kind: 'specific', versions: ['1'] } })
  source.configure('n', { versionPolicy: { kind: 'range', range: 'newest' } })
  const server = await open({ policy: { kind: 'latest', count: 1 } })
  assert.deepEqual(runtime.loads.toSorted(), ['m/1', 'n/2'])
  assert.match(server.problems().get('n')!, /version range/)
})

test('a policy of the server with a wrong range is refused', async t => {
  const { open } = setup(t)
  await assert.rejects(open({ policy: { kind: 'range', range: 'newest' } }), { code: 'MILL_OPTION_INVALID' })
})

test('of a version that several sources have, that of the first is served', async t => {
  const { source, runtime, open } = setup(t)
  const second = fakeSource('second')
  source.put('m', '1', { answer: 1 })
  second.put('m', '1', { answer: 7 })
  second.put('m', '0.9', { answer: 9 })
  const server = await open({ sources: [source, second] })
  assert.equal(await answerOf(server, 'm'), 1)
  assert.equal(await answerOf(server, 'm', '0.9'), 9)
  source.content.clear()
  assert.deepEqual((await server.reload()).loaded, ['m/1'])
  assert.equal(await answerOf(server, 'm'), 7)
  assert.equal(runtime.inMemory.size, 2)
})

test('a source that cannot be read keeps nothing from being served, and is tried again', async t => {
  const { source, time, open } = setup(t)
  const second = fakeSource('second')
  source.put('m', '1', { answer: 1 })
  second.put('n', '1', { answer: 2 })
  second.listError = new MillraceError('MILL_SOURCE_FAILED', 'access denied')
  const server = await open({ sources: [source, second] })
  assert.equal(await answerOf(server, 'm'), 1)
  assert.deepEqual([...server.problems()], [['second', 'access denied']])
  second.listError = undefined
  time.pass(5000)
  await server.reload()
  assert.equal(await answerOf(server, 'n'), 2)
  second.listError = new Error('timed out')
  await server.reload()
  assert.equal(await answerOf(server, 'n'), 2, 'what came from it is still served')
})

test('a model of a name that paths cannot hold is not served, and told', async t => {
  const { source, open } = setup(t)
  source.put('stats', '1', { answer: 1 })
  source.put('ready', '1', { answer: 1 })
  source.put('a/b', '1', { answer: 1 })
  const server = await open()
  assert.deepEqual(server.models(), [])
  assert.deepEqual([...server.problems().keys()], ['memory/stats', 'memory/ready', 'memory/a/b'])
})

test('what is wrong with the configuration of a model is logged once, and again when it is another fault', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  source.configure('m', { aliases: { stable: '7' } })
  const warnings: unknown[] = []
  const log = { ...quiet, warn: (fields: unknown, message: string) => void warnings.push([fields, message]) }
  const server = await open({ log })
  await server.reload()
  const message = 'a model is not served as it is configured'
  const lost = [{ where: 'm', problem: 'the alias stable stands for version 7, which is in no source' }, message]
  assert.deepEqual(warnings, [lost])
  source.listError = new MillraceError('MILL_SOURCE_FAILED', 'the folder is away')
  await server.reload()
  assert.deepEqual(warnings, [lost], 'the source tells that itself')
  source.listError = undefined
  source.configure('m', { aliases: { stable: '8' } })
  await server.reload()
  assert.equal(warnings.length, 2)
})

test('what is loaded anew counts among the limits', async t => {
  const { source, runtime, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  source.put('n', '1', { answer: 2 })
  const server = await open({ limits: { ...wide, maxModels: 2 } })
  source.put('m', '2', { answer: 3 })
  await server.reload()
  assert.deepEqual([...runtime.inMemory].toSorted(), ['m/2=3', 'n/1=2'])
})

test('reloading one model leaves the others as they are', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  source.put('m', '2', { answer: 2 })
  source.put('n', '1', { answer: 1 })
  assert.deepEqual((await server.reload('n')).loaded, ['n/1'])
  assert.equal(await answerOf(server, 'm'), 1)
  await assert.rejects(server.reload('x'), { code: 'MILL_MODEL_NOT_FOUND' })
})

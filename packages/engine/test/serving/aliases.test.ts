import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { answerOf, inTime, setup, type Setup, wide } from './setup.ts'

const invalid = new MillraceError('MILL_MODEL_INVALID', 'm/2 failed to load: no graph')

function threeVersions({ source }: Setup): void {
  for (const version of ['1', '2', '3']) source.put('m', version, { answer: Number(version) })
}

test('the default is what it was moved to, else by the configuration of the model, else of the server, else the newest', async t => {
  const things = setup(t)
  const { source, open } = things
  threeVersions(things)
  source.put('n', '4', { answer: 4 })
  const server = await open({ defaultVersion: '1' })
  assert.deepEqual([await answerOf(server, 'm'), await answerOf(server, 'n')], [1, 4])
  source.configure('m', { aliases: { default: '2' } })
  await server.reload()
  assert.equal(await answerOf(server, 'm'), 2)
  await server.moveAlias('m', 'default', '3')
  assert.equal(await answerOf(server, 'm'), 3)
  await server.removeAlias('m', 'default')
  assert.equal(await answerOf(server, 'm'), 2)
})

test('an alias names the version it stands for, and the route says so', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  await server.moveAlias('m', 'stable', '2')
  const { route } = await server.infer({ model: 'm', version: 'stable', inputs: [] })
  assert.deepEqual(route, { model: 'm', version: '2', reason: 'alias', alias: 'stable' })
  assert.deepEqual(
    [...server.model('m').aliases],
    [
      ['stable', '2'],
      ['default', '3']
    ]
  )
  await server.removeAlias('m', 'stable')
  await assert.rejects(answerOf(server, 'm', 'stable'), { code: 'MILL_VERSION_NOT_FOUND' })
  await assert.rejects(server.removeAlias('m', 'stable'), { code: 'MILL_VERSION_NOT_FOUND' })
})

test('a version comes before an alias of the same name', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  await server.moveAlias('m', 'stable', '1')
  source.put('m', 'stable', { answer: 9 })
  await server.reload()
  assert.equal(await answerOf(server, 'm', 'stable'), 9)
})

test('aliases survive a restart', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  await server.moveAlias('m', 'default', '1')
  await server.moveAlias('m', 'canary', '2')
  await server.close()
  const restarted = await things.open()
  assert.deepEqual([await answerOf(restarted, 'm'), await answerOf(restarted, 'm', 'canary')], [1, 2])
  assert.equal(await restarted.rollback('m'), '3')
  assert.equal(await answerOf(restarted, 'm'), 3)
})

test('a model that goes and comes back has the aliases it had', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  await server.moveAlias('m', 'default', '1')
  things.source.content.get('m')!.versions.clear()
  await server.removeAlias('m', 'default')
  await server.moveAlias('m', 'canary', '2')
  await server.reload()
  await server.removeAlias('m', 'canary')
  await server.reload()
  assert.throws(() => server.model('m'), { code: 'MILL_MODEL_NOT_FOUND' })
  threeVersions(things)
  await server.reload()
  assert.deepEqual([...server.model('m').aliases], [['default', '3']])
  assert.equal(await server.rollback('m'), '1')
})

test('each rollback goes back one default further, past versions that are gone', async t => {
  const { source, open } = setup(t)
  for (const version of ['1', '2', '3', '4']) source.put('m', version, { answer: Number(version) })
  const server = await open()
  for (const version of ['1', '2', '3']) await server.moveAlias('m', 'default', version)
  source.content.get('m')!.versions.delete('2')
  await server.reload()
  assert.equal(await server.rollback('m'), '1')
  assert.equal(await answerOf(server, 'm'), 1)
  assert.equal(await server.rollback('m'), '4')
  const message = "model 'm' has no default before 4 that could be gone back to"
  await assert.rejects(server.rollback('m'), { code: 'MILL_VERSION_NOT_FOUND', message })
  assert.equal(await answerOf(server, 'm'), 4)
})

test('the last 20 defaults are remembered, with the time each ended', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  for (let move = 0; move < 30; move++) {
    things.time.pass(1)
    await server.moveAlias('m', 'default', move % 2 === 0 ? '1' : '2')
  }
  const { history } = (await things.registry.get('model', 'm'))!.value as { history: unknown[] }
  assert.equal(history.length, 20)
  assert.deepEqual(history.at(-1), { version: '1', until: 1030 })
  assert.deepEqual(history[0], { version: '2', until: 1011 })
})

test('names that an alias cannot have are refused', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  for (const alias of ['', 'a b', 'a/b', 'ä', 'x'.repeat(65), '..']) {
    await assert.rejects(server.moveAlias('m', alias, '1'), { code: 'MILL_OPTION_INVALID' }, alias)
  }
  await assert.rejects(server.moveAlias('m', '2', '1'), { code: 'MILL_VERSION_EXISTS' })
  await assert.rejects(server.moveAlias('m', 'stable', '7'), { code: 'MILL_VERSION_NOT_FOUND' })
  await assert.rejects(server.moveAlias('x', 'stable', '1'), { code: 'MILL_MODEL_NOT_FOUND' })
})

test('an alias called as something that every object has is an alias like any other', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  for (const alias of ['__proto__', 'constructor', 'toString']) {
    await assert.rejects(answerOf(server, 'm', alias), { code: 'MILL_VERSION_NOT_FOUND' })
    await assert.rejects(server.removeAlias('m', alias), { code: 'MILL_VERSION_NOT_FOUND' })
    await server.moveAlias('m', alias, '2')
    assert.equal(await answerOf(server, 'm', alias), 2)
  }
  assert.equal(await answerOf(await things.open(), 'm', '__proto__'), 2)
})

test('a version is loaded before an alias stands for it, and an alias stays where that fails', async t => {
  const things = setup(t)
  threeVersions(things)
  const { runtime } = things
  const moved: unknown[] = []
  const server = await things.open({
    limits: { ...wide, maxModels: 1 },
    events: { aliasMoved: event => moved.push(event) }
  })
  runtime.failing.set('m/2', invalid)
  await assert.rejects(server.moveAlias('m', 'default', '2'), invalid)
  assert.equal(await answerOf(server, 'm'), 3)
  assert.equal(await things.registry.get('model', 'm'), undefined)
  assert.deepEqual(moved, [])
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const move = server.moveAlias('m', 'default', '1')
  assert.equal(await answerOf(server, 'm'), 3)
  resolve()
  await move
  assert.equal(server.isReady('m'), true)
  assert.equal(await answerOf(server, 'm'), 1)
  assert.deepEqual(moved, [{ model: 'm', alias: 'default', version: '1', before: '3' }])
})

test('an alias can stand for a version that the policy leaves out', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open({ policy: { kind: 'latest', count: 1 } })
  await server.moveAlias('m', 'stable', '1')
  assert.equal(await answerOf(server, 'm', 'stable'), 1)
  await server.reload()
  assert.equal(await answerOf(server, 'm', '1'), 1)
  await server.removeAlias('m', 'stable')
  await server.reload()
  await assert.rejects(answerOf(server, 'm', '1'), { code: 'MILL_VERSION_NOT_FOUND' })
})

test('of a default that is gone after a restart the next best answers; another alias says what it stood for', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  await server.moveAlias('m', 'default', '1')
  await server.moveAlias('m', 'stable', '1')
  await server.close()
  things.source.content.get('m')!.versions.delete('1')
  const restarted = await things.open()
  assert.equal(await answerOf(restarted, 'm'), 3)
  await assert.rejects(answerOf(restarted, 'm', 'stable'), {
    code: 'MILL_VERSION_NOT_FOUND',
    message: /stands for version 1, which is in no source/
  })
  assert.match(restarted.problems().get('m')!, /default.*version 1/)
})

test('what answers in place of a default goes on doing so until the default is whole and loaded again', async t => {
  const things = setup(t)
  threeVersions(things)
  const server = await things.open()
  await server.moveAlias('m', 'default', '1')
  await server.close()
  things.source.content.get('m')!.versions.delete('1')
  const restarted = await things.open()
  assert.equal(await answerOf(restarted, 'm'), 3)
  things.source.put('m', '1', { answer: 1, state: 'incomplete', reason: 'model.onnx may still be written', stamp: 'a' })
  await inTime(things.time, restarted.reload())
  assert.equal(await answerOf(restarted, 'm'), 3)
  assert.match(restarted.problems().get('m')!, /default.*version 1.*may still be written/)
  things.source.put('m', '1', { answer: 1, stamp: 'b' })
  things.runtime.failing.set('m/1', invalid)
  await restarted.reload()
  assert.equal(await answerOf(restarted, 'm'), 3)
  things.source.put('m', '1', { answer: 1, stamp: 'c' })
  things.runtime.failing.clear()
  await restarted.reload()
  assert.equal(await answerOf(restarted, 'm'), 1)
  assert.equal(restarted.problems().has('m'), false)
})

test('two servers that move aliases of one model at the same time lose no move', async t => {
  const things = setup(t)
  threeVersions(things)
  const [one, other] = [await things.open(), await things.open()]
  await Promise.all([
    one.moveAlias('m', 'a', '1'),
    other.moveAlias('m', 'b', '2'),
    one.moveAlias('m', 'c', '3'),
    other.moveAlias('m', 'd', '1')
  ])
  await one.refresh('m')
  await other.refresh()
  for (const server of [one, other]) {
    const answers = await Promise.all(['a', 'b', 'c', 'd'].map(alias => answerOf(server, 'm', alias)))
    assert.deepEqual(answers, [1, 2, 3, 1])
  }
})

test('what another server decided is taken over once it is loaded here; what cannot be loaded waits', async t => {
  const things = setup(t)
  threeVersions(things)
  const other = await things.open()
  const server = await things.open({ limits: { ...wide, maxModels: 1 } })
  await other.moveAlias('m', 'default', '2')
  await other.moveAlias('m', 'stable', '1')
  assert.equal(await answerOf(server, 'm'), 3)
  things.runtime.failing.set('m/2', invalid)
  await server.refresh('m')
  assert.deepEqual([await answerOf(server, 'm'), await answerOf(server, 'm', 'stable')], [3, 1])
  things.runtime.failing.clear()
  things.source.put('m', '2', { answer: 22 })
  things.source.tell()
  await server.reload()
  assert.equal(await answerOf(server, 'm'), 22)
  await other.unload('m')
  await server.refresh('m')
  assert.equal(server.isReady('m'), false)
  await other.load('m')
  await server.refresh('m')
  assert.equal(await answerOf(server, 'm'), 22)
  await server.refresh('unknown')
})

test('a move that cannot be kept does not happen', async t => {
  const things = setup(t)
  threeVersions(things)
  const failed = new MillraceError('MILL_STORE_FAILED', 'disk full')
  const registry = { ...things.registry, put: () => Promise.reject(failed) }
  const server = await things.open({ registry })
  await assert.rejects(server.moveAlias('m', 'default', '1'), failed)
  await assert.rejects(server.unload('m'), failed)
  assert.equal(await answerOf(server, 'm'), 3)
})

import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { LoadOverride } from '../../src/serving/load-override.ts'
import type { ModelServer } from '../../src/serving/model-server.ts'
import { type FakeSource, fakeSource } from './fakes.ts'
import { answerOf, setup, type Setup, wide } from './setup.ts'

const broken = new MillraceError('MILL_MODEL_INVALID', 'no graph')

/** Files that hold the number that their version answers. */
function files(versions: Record<string, number>): LoadOverride['files'] {
  return new Map(
    Object.entries(versions).map(([version, answer]) => [
      `${version}/model.onnx`,
      new TextEncoder().encode(`${answer}`)
    ])
  )
}

/** Sources of what was given, without a disk. */
function givenSources(): {
  opened: FakeSource[]
  open: (model: string, given: NonNullable<LoadOverride['files']>) => Promise<FakeSource>
} {
  const opened: FakeSource[] = []
  return {
    opened,
    async open(model, given) {
      const source = fakeSource('given')
      for (const [path, bytes] of given) {
        source.put(model, path.split('/')[0]!, { answer: Number(new TextDecoder().decode(bytes)) })
      }
      opened.push(source)
      return source
    }
  }
}

async function serving(t: TestContext, options: Parameters<Setup['open']>[0] = {}) {
  const things = setup(t)
  const { source } = things
  for (const version of ['1', '2', '3']) source.put('m', version, { answer: Number(version) })
  const given = givenSources()
  const server = await things.open({ openGiven: given.open, ...options })
  return { ...things, server, given: given.opened }
}

function served(server: ModelServer, model = 'm'): string[] {
  return server.model(model).versions.flatMap(({ version, isServed }) => (isServed ? [version] : []))
}

test('a configuration given with a load holds until the next load', async t => {
  const { server, source } = await serving(t)
  const report = await server.load('m', { config: { versionPolicy: { kind: 'specific', versions: ['2'] } } })
  assert.deepEqual(report, { loaded: [], unloaded: ['m/3', 'm/1'], failed: [] })
  assert.deepEqual(served(server), ['2'])
  assert.equal(await answerOf(server, 'm'), 2)
  source.put('m', '4', { answer: 4 })
  await server.reload('m')
  assert.equal(await answerOf(server, 'm'), 2, 'a reload looks at the files, and leaves what was said of them')
  assert.deepEqual((await server.load('m')).loaded.toSorted(), ['m/1', 'm/3', 'm/4'])
  assert.equal(await answerOf(server, 'm'), 4)
})

test('settings of the runtime that are given with a load are those that it loads with', async t => {
  const { server, runtime } = await serving(t)
  const loads: unknown[] = []
  const { load } = runtime
  runtime.load = options => {
    loads.push([options.label, options.maxBatchRows, options.instances])
    return load(options)
  }
  await server.load('m', { config: { versionPolicy: { kind: 'latest', count: 1 }, maxBatchRows: 8, instances: 2 } })
  assert.deepEqual(loads, [['m/3', 8, 2]])
  assert.deepEqual(server.model('m').config.maxBatchRows, 8)
  await server.load('m', { config: { versionPolicy: { kind: 'latest', count: 1 }, maxBatchRows: 8, instances: 2 } })
  assert.equal(loads.length, 1, 'what is in memory so is not loaded again')
})

test('files given with a load take the place of all others', async t => {
  const { server, source } = await serving(t)
  await server.moveAlias('m', 'default', '1')
  const report = await server.load('m', { config: {}, files: files({ 3: 33, 7: 7 }) })
  assert.deepEqual(report.loaded.toSorted(), ['m/3', 'm/7'])
  assert.deepEqual(report.unloaded.toSorted(), ['m/1', 'm/2'])
  assert.deepEqual([await answerOf(server, 'm'), await answerOf(server, 'm', '3')], [7, 33])
  await assert.rejects(answerOf(server, 'm', '1'), { code: 'MILL_VERSION_NOT_FOUND' })
  source.put('m', '8', { answer: 8 })
  await server.reload()
  assert.deepEqual(served(server), ['7', '3'])
  await server.load('m')
  assert.deepEqual(served(server), ['8', '3', '2', '1'])
  assert.equal(await answerOf(server, 'm'), 1, 'the alias stands for what it stood for')
  assert.equal(await answerOf(server, 'm', '3'), 3)
})

test('a model that no source has is served from files that are given', async t => {
  const { server, given, registry } = await serving(t)
  assert.deepEqual((await server.load('new', { config: {}, files: files({ 1: 5 }) })).loaded, ['new/1'])
  assert.equal(await answerOf(server, 'new'), 5)
  await assert.rejects(server.load('new'), { code: 'MILL_MODEL_NOT_FOUND' })
  assert.equal(await answerOf(server, 'new'), 5, 'there is nothing else that it could be')
  await server.unload('new')
  await assert.rejects(answerOf(server, 'new'), { code: 'MILL_MODEL_NOT_FOUND' })
  assert.equal(given[0]!.isClosed, true)
  assert.deepEqual(await registry.list('model'), [], 'nothing of it lasts')
})

test('a load that fails leaves everything as it was', async t => {
  const { server, runtime, given } = await serving(t)
  await server.load('m', { config: {}, files: files({ 3: 33 }) })
  runtime.failing.set('m/4', broken)
  const before = { inMemory: [...runtime.inMemory], status: server.model('m') }
  const message = "failed to load 'm', version 4: no graph"
  await assert.rejects(server.load('m', { config: {}, files: files({ 5: 5, 4: 4, 3: 3 }) }), {
    code: 'MILL_MODEL_INVALID',
    message
  })
  assert.deepEqual(server.model('m'), before.status)
  assert.deepEqual([...runtime.inMemory], before.inMemory)
  assert.equal(await answerOf(server, 'm', '3'), 33)
  assert.deepEqual(
    given.map(({ isClosed }) => isClosed),
    [false, true]
  )
  runtime.failing.set('m/2', broken)
  await assert.rejects(server.load('m'), { message: "failed to load 'm', version 2: no graph" })
  assert.deepEqual(served(server), ['3'], 'nor does a load of what the sources have')
  assert.equal(await answerOf(server, 'm'), 33)
})

test('requests are answered by what was there until all that was given is loaded', async t => {
  const { server, runtime } = await serving(t)
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = label => (label === 'm/4' ? promise : Promise.resolve())
  const load = server.load('m', { config: {}, files: files({ 5: 5, 4: 4 }) })
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate)
  assert.ok(runtime.loads.includes('m/5'))
  assert.deepEqual([await answerOf(server, 'm'), served(server)], [3, ['3', '2', '1']])
  resolve()
  await load
  assert.deepEqual([await answerOf(server, 'm'), served(server)], [5, ['5', '4']])
})

function check({ version }: { version: string }): void {
  if (version === '4') throw new MillraceError('MILL_MODEL_INVALID', "it has no input 'x'")
}

test('what is not as it is said to be is not served', async t => {
  const { server, runtime } = await serving(t)
  await assert.rejects(server.load('m', { config: {}, files: files({ 4: 4 }), check }), {
    message: "failed to load 'm', version 4: it has no input 'x'"
  })
  assert.deepEqual([...runtime.inMemory].toSorted(), ['m/1=1', 'm/2=2', 'm/3=3'])
  assert.equal(await answerOf(server, 'm'), 3)
})

test('files of a version that is not whole are refused', async t => {
  const { server, open, source } = await serving(t)
  const given = fakeSource('given')
  given.put('m', '4', { answer: 4, state: 'invalid', reason: 'metadata.json: no JSON' })
  const other = await open({ sources: [source], openGiven: async () => given })
  await assert.rejects(other.load('m', { config: {}, files: files({ 4: 4 }) }), {
    code: 'MILL_MODEL_INVALID',
    message: "failed to load 'm', version 4: metadata.json: no JSON"
  })
  assert.equal(await answerOf(server, 'm'), 3)
})

test('a policy that leaves nothing is refused', async t => {
  const { server } = await serving(t)
  await assert.rejects(server.load('m', { config: { versionPolicy: { kind: 'specific', versions: ['9'] } } }), {
    code: 'MILL_MODEL_INVALID',
    message: "failed to load 'm': at least one version must be available under its version policy"
  })
  assert.equal(await answerOf(server, 'm'), 3)
})

test('a model that was unloaded comes back with what is given, and a restart knows nothing of it', async t => {
  const things = await serving(t)
  const { server, open, source } = things
  await server.unload('m')
  await server.load('m', { config: {}, files: files({ 7: 7 }) })
  assert.equal(await answerOf(server, 'm'), 7)
  await server.close()
  assert.deepEqual(
    things.given.map(({ isClosed }) => isClosed),
    [true]
  )
  const again = await open({ sources: [source] })
  assert.deepEqual(served(again), ['3', '2', '1'])
})

test('unloading a model forgets what was given; it comes back as the sources have it', async t => {
  const { server, given } = await serving(t)
  await server.load('m', { config: {}, files: files({ 7: 7 }) })
  await server.unload('m')
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_READY' })
  assert.equal(given[0]!.isClosed, true)
  await server.load('m')
  assert.deepEqual(served(server), ['3', '2', '1'])
})

test('files that were given stay where they are until others take their place', async t => {
  const { server, given, runtime } = await serving(t, { limits: { ...wide, maxModels: 2 } })
  await server.load('m', { config: {}, files: files({ 7: 7, 8: 8, 9: 9 }) })
  assert.equal(runtime.inMemory.size, 2)
  for (const version of ['7', '8', '9']) assert.equal(await answerOf(server, 'm', version), Number(version))
  assert.equal(given[0]!.isClosed, false)
  await server.load('m', { config: {}, files: files({ 7: 77 }) })
  assert.deepEqual([given[0]!.isClosed, given[1]!.isClosed], [true, false])
  assert.equal(await answerOf(server, 'm', '7'), 77)
})

test('a version that is loaded for a request meanwhile does not come back in place of what was given', async t => {
  const { server, runtime } = await serving(t, { limits: { ...wide, maxModels: 1 } })
  const { promise, resolve } = Promise.withResolvers<void>()
  let loads = 0
  runtime.beforeLoad = () => (loads++ === 0 ? promise : Promise.resolve())
  const waiting = answerOf(server, 'm', '1')
  await new Promise(setImmediate)
  await server.load('m', { config: {}, files: files({ 1: 11 }) })
  assert.equal(await answerOf(server, 'm', '1'), 11)
  resolve()
  assert.ok([1, 11].includes(await waiting))
  assert.equal(await answerOf(server, 'm', '1'), 11)
  assert.deepEqual([...runtime.inMemory], ['m/1=11'])
})

test('only as many versions of a source are loaded as there is room for', async t => {
  const { server } = await serving(t, { limits: { ...wide, maxModels: 2 } })
  const inMemory = (): string[] =>
    server.model('m').versions.flatMap(({ version, state }) => (state === 'READY' ? [version] : []))
  assert.deepEqual(inMemory(), ['3', '2'])
  await server.load('m', { config: { maxBatchRows: 4 } })
  assert.deepEqual(inMemory(), ['3', '2'])
  assert.deepEqual(served(server), ['3', '2', '1'])
  assert.equal(await answerOf(server, 'm', '1'), 1)
})

test('names that no model can have, and files where there is no place for them, are refused', async t => {
  const { server, open, source } = await serving(t)
  const override = { config: {}, files: files({ 1: 1 }) }
  await assert.rejects(server.load('a/b', override), { code: 'MILL_INPUT_INVALID', message: /slash/ })
  await assert.rejects(server.load('nobody', { config: {} }), { code: 'MILL_MODEL_NOT_FOUND' })
  const without = await open({ sources: [source], openGiven: undefined })
  await assert.rejects(without.load('m', override), { code: 'MILL_UNSUPPORTED' })
})

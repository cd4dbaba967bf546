import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MillraceError } from '@millrace/common'
import { memoryRegistryStore } from '@millrace/store'
import { type OpenShadows, openShadows } from '../../../src/experiments/shadow/open-shadows.ts'
import type { InferReply, ModelServer } from '../../../src/serving/model-server.ts'
import type { Traffic } from '../../../src/serving/traffic.ts'
import { FakeTime } from '../../learner-setup.ts'
import { answerOf, quiet, setup, type Setup } from '../../serving/setup.ts'

/** Let all that can go on without anybody doing anything go on. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 30; turn++) await new Promise(setImmediate)
}

interface Shadowed extends Setup {
  registry: ReturnType<typeof memoryRegistryStore>
  server: ModelServer
  shadows: OpenShadows
  clock: FakeTime
  /** Answers that were told as answers to users. */
  told: InferReply[]
  /** Number of those that failed. */
  failures: unknown[]
  busy: { is: boolean }
  reopen(): Promise<OpenShadows>
}

/** A model `m` whose version 1 answers 10 and version 2 answers 12, with its requests copied by shadows. */
async function shadowed(t: TestContext): Promise<Shadowed> {
  const things = setup(t)
  things.source.put('m', '1', { answer: 10 })
  things.source.put('m', '2', { answer: 12 })
  things.source.configure('m', { aliases: { default: '1' } })
  const registry = memoryRegistryStore()
  const [clock, busy] = [new FakeTime(), { is: false }]
  const [told, failures]: [InferReply[], unknown[]] = [[], []]
  const open = (): Promise<OpenShadows> =>
    openShadows({ registry, log: quiet, now: clock.now, after: clock.after, isBusy: () => busy.is })
  let shadows = await open()
  const traffic: Traffic = {
    decide: () => undefined,
    served: (reply, request) => shadows.tap(reply, request),
    failed: () => undefined
  }
  const server = await things.open({
    traffic,
    events: { answered: reply => told.push(reply), failed: failed => failures.push(failed) }
  })
  shadows.attach(server)
  t.after(() => shadows.close())
  return {
    ...things,
    registry,
    server,
    shadows,
    clock,
    told,
    failures,
    busy,
    async reopen() {
      await shadows.close()
      shadows = await open()
      shadows.attach(server)
      return shadows
    }
  }
}

test('the candidate is asked what the live version was asked, and the report says how the answers differ', async t => {
  const { server, shadows } = await shadowed(t)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  for (const id of ['a', 'b', 'c']) {
    const reply = await server.infer({ model: 'm', inputs: [], requestId: id })
    assert.equal(reply.route.version, '1')
  }
  await settled()
  const report = shadows.get('s')
  assert.deepEqual([report.copied, report.compared, report.failed, report.dropped], [3, 3, 0, 0])
  assert.deepEqual(report.outputs, [
    { output: 'y', compared: 3, same: 0, maxAbsolute: 2, meanAbsolute: 2, agreement: null }
  ])
  assert.deepEqual(
    report.examples.map(({ requestId, output, difference }) => [requestId, output, difference]),
    [
      ['a', 'y', 2],
      ['b', 'y', 2],
      ['c', 'y', 2]
    ]
  )
  assert.equal(typeof report.latency.candidate, 'number')
})

test('copies are told to nobody who counts what users asked, and are not copied again', async t => {
  const { server, shadows, told, failures, runtime } = await shadowed(t)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  await shadows.start({ id: 'back', model: 'm', version: '2', candidate: '1' })
  await answerOf(server, 'm')
  await settled()
  assert.deepEqual(
    told.map(({ route }) => route.version),
    ['1']
  )
  runtime.beforeRun = label => (label.endsWith('2') ? Promise.reject(new Error('broken')) : Promise.resolve())
  await answerOf(server, 'm')
  await settled()
  assert.deepEqual([told.length, failures.length, shadows.get('s').failed], [2, 0, 1])
  assert.equal(shadows.get('back').copied, 0)
})

test('an answer is there before the candidate is asked, and however long that takes', async t => {
  const { server, shadows, runtime } = await shadowed(t)
  const asked: (() => void)[] = []
  runtime.beforeRun = label => (label.endsWith('2') ? new Promise(resolve => asked.push(resolve)) : Promise.resolve())
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  assert.equal(await answerOf(server, 'm'), 10)
  assert.equal(asked.length, 0)
  await settled()
  assert.equal(asked.length, 1)
  assert.equal(await answerOf(server, 'm'), 10)
  await settled()
  for (const end of asked) end()
})

test('what does not fit in the queue is dropped and counted', async t => {
  const { server, shadows, runtime } = await shadowed(t)
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  runtime.beforeRun = label => (label.endsWith('2') ? gate : Promise.resolve())
  await shadows.start({ id: 's', model: 'm', candidate: '2', queueLimit: 3 })
  // Two run and three wait.
  for (let request = 0; request < 10; request++) {
    await answerOf(server, 'm')
    await settled()
  }
  assert.equal(shadows.get('s').dropped, 5)
  open()
  await settled()
  assert.deepEqual([shadows.get('s').compared, shadows.get('s').dropped], [5, 5])
})

test('while the server is busy copies are dropped and counted', async t => {
  const { server, shadows, busy } = await shadowed(t)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  busy.is = true
  await answerOf(server, 'm')
  await settled()
  assert.deepEqual([shadows.get('s').copied, shadows.get('s').dropped], [0, 1])
})

test('failures of the candidate are counted with the last reason', async t => {
  const { server, shadows, runtime } = await shadowed(t)
  runtime.beforeRun = async label => {
    if (label.endsWith('2')) throw new MillraceError('MILL_RUN_FAILED', 'the weights are gone')
  }
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  await answerOf(server, 'm')
  await settled()
  const { copied, compared, failed, lastFailure } = shadows.get('s')
  assert.deepEqual([copied, compared, failed, lastFailure], [1, 0, 1, 'the weights are gone'])
})

test('only the version that is named is copied, and the share of its answers', async t => {
  const { server, shadows } = await shadowed(t)
  await shadows.start({ id: 'none', model: 'm', candidate: '2', share: 0 })
  await shadows.start({ id: 'other', model: 'm', version: '2', candidate: '1' })
  await answerOf(server, 'm')
  await answerOf(server, 'm', '2')
  await settled()
  assert.deepEqual([shadows.get('none').copied, shadows.get('other').copied], [0, 1])
})

test('a shadow goes on after a restart, with what it counted', async t => {
  const { server, shadows, reopen } = await shadowed(t)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  await answerOf(server, 'm')
  await settled()
  const again = await reopen()
  assert.equal(again.get('s').compared, 1)
  await answerOf(server, 'm')
  await settled()
  assert.deepEqual([again.get('s').compared, again.get('s').isRunning], [2, true])
})

test('what two processes count is one sum', async t => {
  const { server, shadows, registry, clock } = await shadowed(t)
  const other = await openShadows({ registry, log: quiet, after: clock.after, isBusy: () => false })
  t.after(() => other.close())
  other.attach(server)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  await other.refresh()
  other.tap(await server.infer({ model: 'm', inputs: [], requestId: 'a' }), { model: 'm', inputs: [] })
  await settled()
  clock.pass(10_000)
  await settled()
  clock.pass(10_000)
  await settled()
  assert.deepEqual([shadows.get('s').compared, other.get('s').compared], [2, 2])
})

test('what one process counted of a shadow that another one stops is in the sum', async t => {
  const { server, shadows, registry, clock } = await shadowed(t)
  const other = await openShadows({ registry, log: quiet, after: clock.after, isBusy: () => false })
  t.after(() => other.close())
  other.attach(server)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  await answerOf(server, 'm')
  await settled()
  await other.refresh()
  await other.stop('s')
  await shadows.refresh()
  assert.deepEqual([shadows.get('s').isRunning, shadows.get('s').compared], [false, 1])
})

test('a shadow that is started while all are read again is there', async t => {
  const { registry, shadows } = await shadowed(t)
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { list } = registry
  registry.list = async kind => {
    const entries = await list(kind)
    await gate
    return entries
  }
  const refreshed = shadows.refresh()
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  open()
  await refreshed
  assert.equal(shadows.get('s').isRunning, true)
})

test('what is counted is written down every ten seconds, and not as often as somebody looks', async t => {
  const { server, shadows, registry, clock } = await shadowed(t)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  const written = async (): Promise<number> => (await registry.get('shadow-counts', 's'))?.revision ?? 0
  await shadows.refresh()
  const atFirst = await written()
  for (let second = 0; second < 9; second++) {
    await answerOf(server, 'm')
    await settled()
    clock.pass(1000)
    await shadows.refresh()
  }
  assert.equal(await written(), atFirst)
  clock.pass(1000)
  await settled()
  assert.equal(await written(), atFirst + 1)
})

test('one that is stopped copies nothing more and keeps its report; one that is removed is gone', async t => {
  const { server, shadows, reopen } = await shadowed(t)
  await shadows.start({ id: 's', model: 'm', candidate: '2' })
  await answerOf(server, 'm')
  await settled()
  assert.equal((await shadows.stop('s')).compared, 1)
  await answerOf(server, 'm')
  await settled()
  const again = await reopen()
  assert.deepEqual([again.get('s').compared, again.get('s').isRunning], [1, false])
  await again.remove('s')
  assert.throws(() => again.get('s'), { code: 'MILL_EXPERIMENT_NOT_FOUND' })
  await assert.rejects(again.remove('s'), { code: 'MILL_EXPERIMENT_NOT_FOUND' })
  await again.start({ id: 's', model: 'm', candidate: '2' })
  assert.equal(again.get('s').compared, 0)
})

test('two of one id cannot be, and all faults are told at once', async t => {
  const { shadows } = await shadowed(t)
  await shadows.start({ model: 'm', candidate: '2' })
  assert.deepEqual(
    shadows.list().map(({ definition }) => definition.id),
    ['m-2']
  )
  await assert.rejects(shadows.start({ model: 'm', candidate: '2' }), { code: 'MILL_EXPERIMENT_EXISTS' })
  const error = await shadows
    .start({ id: 'No good', model: 'm', candidate: '9', version: '7', share: 2, queueLimit: 1.5, shares: 1 })
    .catch((thrown: unknown) => thrown as MillraceError)
  assert.ok(error instanceof MillraceError)
  const faults = error.details['faults'] as { place: string[] }[]
  assert.deepEqual(
    [error.code, ...faults.map(({ place }) => place.join('.')).toSorted()],
    ['MILL_EXPERIMENT_INVALID', 'candidate', 'id', 'queueLimit', 'share', 'shares', 'version']
  )
})

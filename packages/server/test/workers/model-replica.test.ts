import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import * as fc from 'fast-check'
import { mirrorSource } from '../../src/workers/mirror-source.ts'
import { type MirroredModel, mirroredModels } from '../../src/workers/model-mirror.ts'
import { isForPrimary, ModelReplica } from '../../src/workers/model-replica.ts'
import { freshLearner } from '../fresh-learner.ts'
import { answerOf, plainModels, type PlainOptions, version } from './plain-models.ts'

/** A primary over models that the test sets, and a worker that follows it when it is told to. */
async function pair(models: readonly MirroredModel[], options: { primary?: PlainOptions; worker?: PlainOptions } = {}) {
  const origin = mirrorSource()
  origin.set(models)
  const primary = await plainModels(origin, options.primary)
  let revision = 0
  const look = () => ({
    revision: ++revision,
    models: mirroredModels(primary),
    hasStarted: true,
    dataModel: 'm',
    invokedModel: undefined,
    decided: []
  })
  const source = mirrorSource()
  const mirror = look()
  source.set(mirror.models)
  const own = await plainModels(source, options.worker)
  const replica = new ModelReplica({ models: own, source, mirror })
  return { origin, primary, replica, follow: () => replica.follow(look()), look }
}

function model(versions: Record<string, number>, aliases: Record<string, string> = {}): MirroredModel {
  const listed = Object.entries(versions).map(([name, answer]) => version(name, answer))
  return { name: 'm', config: { aliases }, isFlat: false, versions: listed }
}

/** Whether what the name stands for is served, and in memory. */
function isInMemory(models: ModelServer, name: string | undefined): boolean {
  if (!models.isReady('m', name)) return false
  const { versions, aliases } = models.model('m')
  const named = versions.find(each => each.version === name)
  const found = named ?? versions.find(each => each.version === aliases.get(name ?? 'default'))
  return found?.served !== undefined
}

const names = [undefined, '1', '2', '3', 'default', 'stable', 'nobody']

type Change = (things: { primary: ModelServer; set: (model: MirroredModel[]) => Promise<void> }) => Promise<unknown>

const versionName = fc.constantFrom('1', '2', '3')
const alias = fc.constantFrom('default', 'stable')
const changes = fc.oneof(
  fc.tuple(alias, versionName).map(
    ([each, name]): Change =>
      ({ primary }) =>
        primary.moveAlias('m', each, name)
  ),
  alias.map(
    (each): Change =>
      ({ primary }) =>
        primary.removeAlias('m', each)
  ),
  versionName.map(
    (name): Change =>
      ({ primary }) =>
        answerOf(primary, 'm', name)
  ),
  fc.constantFrom<Change[]>(
    ({ primary }) => primary.rollback('m'),
    ({ primary }) => primary.unload('m'),
    ({ primary }) => primary.load('m')
  ),
  fc
    .record({
      versions: fc.dictionary(versionName, fc.integer({ min: 10, max: 13 }), { noNullPrototype: true }),
      aliases: fc.dictionary(alias, versionName, { noNullPrototype: true })
    })
    .map(
      ({ versions, aliases }): Change =>
        ({ set }) =>
          set([model(versions, aliases)])
    )
)

test('whatever is changed in the primary, a worker answers as it does, or not at all', async () => {
  const start = fc.record({ maxModels: fc.constantFrom(2, 100), list: fc.array(changes, { maxLength: 8 }) })
  await fc.assert(
    fc.asyncProperty(start, async ({ maxModels, list }) => {
      const { origin, primary, replica, follow } = await pair([model({ 1: 1, 2: 2 })], { primary: { maxModels } })
      const set = async (models: MirroredModel[]): Promise<void> => {
        origin.set(models)
        await primary.reload()
      }
      for (const change of list) {
        await Promise.resolve(change({ primary, set })).catch((error: unknown) =>
          assert.ok(error instanceof MillraceError)
        )
        await follow()
        const isOwn = replica.mirror.models.length > 0
        const ready = new Set(names.filter(name => isOwn && isInMemory(primary, name)))
        for (const name of names) {
          const answer = await answerOf(replica.models, 'm', name)
          if (answer === undefined) assert.ok(!ready.has(name), `${name} is in memory and not answered`)
          else assert.deepEqual(answer, await answerOf(primary, 'm', name))
        }
      }
      await Promise.all([primary.close(), replica.models.close()])
    }),
    { numRuns: 150 }
  )
})

async function refuseSeven(answer: number): Promise<void> {
  if (answer === 7) throw new MillraceError('MILL_MODEL_INVALID', 'it cannot be loaded here')
}

test('content that a worker cannot load is left to the primary, and so is what it had of that model before', async () => {
  const worker = { beforeLoad: refuseSeven }
  const { origin, primary, replica, follow } = await pair([model({ 1: 1 })], { worker })
  assert.equal((await answerOf(replica.models, 'm'))?.answer, 1)
  origin.set([model({ 1: 7 })])
  await primary.reload()
  await follow()
  assert.equal((await answerOf(primary, 'm'))?.answer, 7)
  await assert.rejects(replica.models.infer({ model: 'm', inputs: [] }), isForPrimary)
  origin.set([model({ 1: 8 })])
  await primary.reload()
  await follow()
  assert.equal((await answerOf(replica.models, 'm'))?.answer, 8)
})

test('names stand for what they did until the new version is in memory', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const { promise: allowed, resolve: allow } = Promise.withResolvers<void>()
  const beforeLoad = async (answer: number): Promise<void> => {
    if (answer !== 2) return
    begin()
    await allowed
  }
  const { origin, primary, replica, look } = await pair([model({ 1: 1 })], { worker: { beforeLoad } })
  origin.set([model({ 1: 1, 2: 2 }, { default: '2' })])
  await primary.reload()
  const change = replica.follow(look())
  await begun
  assert.equal((await answerOf(replica.models, 'm'))?.answer, 1)
  allow()
  await change
  assert.equal((await answerOf(replica.models, 'm'))?.answer, 2)
})

test('an alias that a version is called like, and is not in memory, is the primary’s to answer for', async () => {
  // Two versions have room; the third waits until it is asked for.
  const { primary, replica } = await pair([model({ 1: 1, 2: 2, 3: 3 }, { default: '2', 3: '2', stable: '1' })], {
    primary: { maxModels: 2 }
  })
  assert.ok(!isInMemory(primary, '3'))
  assert.equal(await answerOf(replica.models, 'm', '3'), undefined)
  assert.equal((await answerOf(primary, 'm', '3'))?.answer, 3)
})

test('a learner is the primary’s to answer for, and so are ONNX versions beside it', async () => {
  const learners = new Map([['m', await freshLearner('linear_regression')]])
  const { primary, replica } = await pair([model({ 1: 1 })], { primary: { learners } })
  assert.equal((await answerOf(primary, 'm', '1'))?.answer, 1)
  for (const name of [undefined, '1', 'live']) assert.equal(await answerOf(replica.models, 'm', name), undefined)
})

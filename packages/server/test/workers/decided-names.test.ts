import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Experiments } from '@millrace/engine'
import { type DecidedName, decidedNames, isDecidedBy } from '../../src/workers/decided-names.ts'
import { mirrorSource } from '../../src/workers/mirror-source.ts'
import { mirroredModels, type ModelMirror } from '../../src/workers/model-mirror.ts'
import { ModelReplica } from '../../src/workers/model-replica.ts'
import { answerOf, plainModels, version } from './plain-models.ts'

interface Kept {
  model: string
  alias: string
  state: string
  entry?: string
}

/** Experiments and canaries in these states, and shadows of these models. */
function experiments(kept: {
  experiments?: Kept[]
  canaries?: Kept[]
  shadows?: [model: string, isRunning: boolean][]
}) {
  const record = ({ model, alias, state, entry = 'all' }: Kept) => ({ state, definition: { model, alias, entry } })
  return {
    list: () => (kept.experiments ?? []).map(record),
    canaries: { list: () => (kept.canaries ?? []).map(each => ({ record: record(each) })) },
    shadows: { list: () => (kept.shadows ?? []).map(([model, isRunning]) => ({ isRunning, definition: { model } })) }
  } as unknown as Experiments
}

test('what runs is decided about, each once and in one order', () => {
  const running = { alias: 'default', state: 'running' }
  const names = decidedNames(
    experiments({
      experiments: [
        { model: 'b', ...running },
        { model: 'b', ...running },
        { model: 'b', ...running, entry: 'predict' },
        { model: 'c', alias: 'stable', state: 'paused' },
        { model: 'd', alias: 'stable', state: 'draft' }
      ],
      canaries: [
        { model: 'a', ...running },
        { model: 'e', alias: 'default', state: 'stopped' }
      ],
      shadows: [
        ['f', true],
        ['g', false]
      ]
    })
  )
  assert.deepEqual(names, [
    { model: 'a', alias: 'default', entry: 'all' },
    { model: 'b', alias: 'default', entry: 'all' },
    { model: 'b', alias: 'default', entry: 'predict' },
    { model: 'f', alias: undefined, entry: 'all' }
  ])
})

test('an experiment is about its alias, and a shadow about all of a model', () => {
  const isDecided = isDecidedBy([
    { model: 'm', alias: 'default', entry: 'all' },
    { model: 'n', alias: 'stable', entry: 'all' },
    { model: 's', alias: undefined, entry: 'all' }
  ])
  const asked: [string, string | undefined, boolean][] = [
    ['m', undefined, true],
    ['m', '', true],
    ['m', 'default', true],
    ['m', 'stable', false],
    ['m', '1', false],
    ['n', undefined, false],
    ['n', 'stable', true],
    ['s', undefined, true],
    ['s', '1', true],
    ['other', undefined, false]
  ]
  for (const [model, name, expected] of asked)
    assert.equal(isDecided(model, name, undefined), expected, `${model} ${name}`)
})

test('an experiment on the documented API leaves requests by other protocols to workers', () => {
  const isDecided = isDecidedBy([{ model: 'm', alias: 'default', entry: 'predict' }])
  assert.equal(isDecided('m', undefined, 'predict'), true)
  assert.equal(isDecided('m', undefined, undefined), false)
})

/** A worker of a primary that serves versions 1 and 2 of the model `m`, and `n`. */
async function worker(decided: readonly DecidedName[]) {
  const origin = mirrorSource()
  const model = { config: { aliases: { default: '1', stable: '2' } }, isFlat: false }
  const versions = [version('1', 1), version('2', 2)]
  origin.set([
    { name: 'm', ...model, versions },
    { name: 'n', ...model, versions }
  ])
  const primary = await plainModels(origin)
  let revision = 0
  const look = (names: readonly DecidedName[]): ModelMirror => ({
    revision: ++revision,
    models: mirroredModels(primary),
    hasStarted: true,
    dataModel: 'm',
    invokedModel: undefined,
    decided: names
  })
  const source = mirrorSource()
  const mirror = look(decided)
  source.set(mirror.models)
  const replica = new ModelReplica({ models: await plainModels(source), source, mirror })
  return { replica, follow: (names: readonly DecidedName[]) => replica.follow(look(names)) }
}

test('a worker answers nothing that is decided about, and everything else', async () => {
  const { replica } = await worker([{ model: 'm', alias: 'default', entry: 'all' }])
  for (const name of [undefined, '', 'default']) {
    assert.equal(await answerOf(replica.models, 'm', name), undefined)
    assert.equal(replica.models.isReady('m', name), false)
    await assert.rejects(replica.models.resolve('m', name, {}), { code: 'MILL_MODEL_NOT_READY' })
  }
  assert.equal((await answerOf(replica.models, 'm', 'stable'))?.answer, 2)
  assert.equal((await answerOf(replica.models, 'm', '1'))?.answer, 1)
  assert.equal((await answerOf(replica.models, 'n'))?.answer, 1)
})

test('a worker leaves to the primary what is decided about from the first word of it, and has it back after the last', async () => {
  const { replica, follow } = await worker([])
  assert.equal((await answerOf(replica.models, 'm'))?.answer, 1)
  const begun = follow([{ model: 'm', alias: 'default', entry: 'all' }])
  await Promise.resolve()
  assert.equal(await answerOf(replica.models, 'm'), undefined)
  await begun
  assert.equal(await answerOf(replica.models, 'm'), undefined)
  const ended = follow([])
  await Promise.resolve()
  assert.equal(await answerOf(replica.models, 'm'), undefined)
  await ended
  assert.equal((await answerOf(replica.models, 'm'))?.answer, 1)
})

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { LastValue } from '@millrace/online'
import type { NamedTensor } from '@millrace/runtime'
import { folderSource, memoryJournal, type VersionFiles } from '@millrace/store'
import { learnerNames, learnerParameters } from '../../src/learning/catalog.ts'
import { followLearner } from '../../src/learning/follow-learner.ts'
import type { ServedLearner } from '../../src/learning/served-learner.ts'
import { freezeLearner } from '../../src/serving/learners/freeze-learner.ts'
import { openFrozen } from '../../src/serving/learners/open-frozen.ts'
import { learnerOptions, memoryLearner, temporaryFolder } from '../learner-setup.ts'
import { friedmanRows } from './learner-streams.ts'

const rows = friedmanRows()
const names = Object.keys(rows[0]!.features)

async function taught(
  context: TestContext,
  name: ServedLearner['name'],
  journal: ReturnType<typeof memoryJournal> = memoryJournal()
): Promise<ServedLearner> {
  const learner = await memoryLearner({ name }, journal)
  context.after(() => learner.close())
  await learner.learnMany(rows.slice(0, 200))
  return learner
}

/** What the folder of models offers, as a model server gets it. */
async function fetched(context: TestContext, folder: string, model: string, version: string): Promise<VersionFiles> {
  const source = folderSource({ folder })
  context.after(() => source.close())
  return source.fetch(model, version)
}

const asked = rows.slice(200, 400)
const inputs: NamedTensor[] = [
  {
    name: 'features',
    datatype: 'FP64',
    shape: [asked.length, names.length],
    data: Float64Array.from(asked.flatMap(({ features }) => names.map(name => features[name]!)))
  }
]

for (const name of learnerNames) {
  test(`${name} frozen predicts to the bit what it did then, however it goes on`, async t => {
    const folder = temporaryFolder(t)
    const learner = await taught(t, name)
    const expected = asked.map(({ features }) => learner.predict(features))
    const frozen = freezeLearner(learner, { folder })
    // Learned while it is written: no part of it.
    await learner.learnMany(rows.slice(400, 600))
    const { version, path } = await frozen
    assert.deepEqual([version, path], ['200', join(folder, name, '200')])
    const files = await fetched(t, folder, name, version)
    const served = await openFrozen(files, { model: name, version, now: () => 7 })
    const { outputs } = await served.run({ inputs, featureNames: names })
    assert.deepEqual([...(outputs[0]!.data as Float64Array)], expected)
    assert.notDeepEqual(
      asked.map(({ features }) => learner.predict(features)),
      expected
    )
    assert.deepEqual([served.model, served.version, served.loadedAt], [name, '200', 7])
    assert.equal(served.digest, files.digest)
    assert.ok(served.memoryBytes > 0)
  })
}

test('its metadata tell what it is, and hold for its file', async t => {
  const folder = temporaryFolder(t)
  const learner = await taught(t, 'ridge_regression')
  const { count, mae, mse, rmse, mape } = learner.metrics()
  const options = { folder, model: 'mine', version: 'v1.0+b', now: () => Date.UTC(2024, 1, 29) }
  const { path } = await freezeLearner(learner, options)
  const state = readFileSync(join(path, 'learner.state'))
  const metadata = JSON.parse(readFileSync(join(path, 'metadata.json'), 'utf8')) as Record<string, unknown>
  assert.deepEqual(Buffer.from(learner.freeze().state), state)
  const { inputs: forms, ...rest } = metadata
  assert.deepEqual(rest, {
    model_name: 'mine',
    version: 'v1.0+b',
    description: 'ridge_regression as it was after 200 observations',
    model_type: 'regression',
    created_at: '2024-02-29T00:00:00.000Z',
    sha256: createHash('sha256').update(state).digest('hex'),
    learner: 'ridge_regression',
    parameters: learnerParameters('ridge_regression', { seed: 1 }),
    // The first record of a journal holds the settings.
    sequence: 201,
    observations: 200,
    metrics: { count, mae, mse, rmse, mape },
    features: names,
    outputs: { prediction: 'prediction' }
  })
  assert.equal((forms as unknown[]).length, 2)
  const { kind, sha256, metadata: read } = await fetched(t, folder, 'mine', 'v1.0+b')
  assert.deepEqual([kind, sha256], ['learner', metadata['sha256']])
  assert.deepEqual(
    read.features.map(({ name }) => name),
    names
  )
  assert.deepEqual(readdirSync(join(folder, 'mine')), ['v1.0+b'])
})

test('a reader of the journal freezes what the writer would', async t => {
  const journal = memoryJournal()
  const writer = await taught(t, 'knn_regressor', journal)
  const reader = await followLearner({ ...learnerOptions({ name: 'knn_regressor' }), reader: journal.reader })
  t.after(() => reader.close())
  assert.deepEqual(reader.freeze(), writer.freeze())
  assert.equal(reader.freeze().sequence, writer.health().sequence)
})

test('a version is never written over', async t => {
  const folder = temporaryFolder(t)
  const learner = await taught(t, 'linear_regression')
  const results = await Promise.allSettled([1, 2, 3].map(() => freezeLearner(learner, { folder, version: '1' })))
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  const [refused] = results.filter(result => result.status === 'rejected')
  assert.equal((refused!.reason as { code: string }).code, 'MILL_VERSION_EXISTS')
  const before = readFileSync(join(folder, 'linear_regression/1/learner.state'))
  await learner.learn(rows[999]!)
  await assert.rejects(freezeLearner(learner, { folder, version: '1' }), { code: 'MILL_VERSION_EXISTS' })
  assert.deepEqual(readFileSync(join(folder, 'linear_regression/1/learner.state')), before)
  writeFileSync(join(folder, 'linear_regression/2'), 'a file')
  await assert.rejects(freezeLearner(learner, { folder, version: '2' }), { code: 'MILL_VERSION_EXISTS' })
  assert.deepEqual(readdirSync(join(folder, 'linear_regression')), ['1', '2'])
})

test('names that could lead out of the folder, or mean something else, are refused', async t => {
  const folder = temporaryFolder(t)
  const learner = await taught(t, 'linear_regression')
  const unsafe = ['', '.', '..', '../x', 'a/b', '.hidden', '-x', 'a b', 'x'.repeat(129), 'é', 'a\n']
  for (const version of [...unsafe, 'live', 'default']) {
    await assert.rejects(freezeLearner(learner, { folder, version }), { code: 'MILL_OPTION_INVALID' }, version)
  }
  assert.deepEqual(readdirSync(folder), [])
  await freezeLearner(learner, { folder, version: 'x'.repeat(128) })
})

test('a version that cannot be written leaves nothing behind', async t => {
  const folder = temporaryFolder(t)
  const learner = await taught(t, 'linear_regression')
  writeFileSync(join(folder, 'linear_regression'), 'a file in the way of the folder')
  await assert.rejects(freezeLearner(learner, { folder }), { code: 'MILL_STORE_FAILED' })
  assert.deepEqual(readdirSync(folder), ['linear_regression'])
})

test('a state that is not the one that was frozen is refused', async t => {
  const folder = temporaryFolder(t)
  const { path } = await freezeLearner(await taught(t, 'linear_regression'), { folder })
  const files = await fetched(t, folder, 'linear_regression', '200')
  const served = { model: 'linear_regression', version: '200' }
  const refused = { code: 'MILL_MODEL_INVALID', message: /^linear_regression\/200 failed to load: / }
  const state = readFileSync(join(path, 'learner.state'))
  const checkedAs = (bytes: Uint8Array): VersionFiles => {
    writeFileSync(join(path, 'learner.state'), bytes)
    return { ...files, sha256: createHash('sha256').update(bytes).digest('hex') }
  }
  checkedAs((await taught(t, 'ridge_regression')).freeze().state)
  await assert.rejects(openFrozen(files, served), { ...refused, message: /checksum/ })
  await assert.rejects(openFrozen(checkedAs(state.subarray(0, -1)), served), refused)
  await assert.rejects(openFrozen(checkedAs(new LastValue().toState()), served), refused)
  await openFrozen(checkedAs(state), served)
  mkdirSync(join(path, 'gone'))
  await assert.rejects(openFrozen({ ...files, path: join(path, 'gone') }, served), refused)
})

import assert from 'node:assert/strict'
import { mkdirSync, renameSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { folderSource, type FolderSourceOptions, type ModelSource } from '../../src/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { until } from '../until.ts'
import { remove, sha256OfAbc, write } from './model-files.ts'
import { linesOf } from './source-contract.ts'

/** A folder and a source that looks at it by a clock of its own, which begins now. */
function rigWith(
  context: TestContext,
  files: Readonly<Record<string, string>>,
  settings: Partial<FolderSourceOptions> = {}
) {
  const folder = temporaryFolder(context)
  write(folder, files)
  const clock = { time: Date.now() }
  const source = folderSource({ folder, stableMs: 500, now: () => clock.time, ...settings })
  context.after(() => source.close())
  return { folder, clock, source }
}

async function lines(source: ModelSource): Promise<string[]> {
  return linesOf(await source.list())
}

test('without a checksum a version counts once nobody has written to it for a while', async t => {
  const { folder, clock, source } = rigWith(t, { 'wine/1/model.onnx': 'ab' })
  const [wine] = await source.list()
  assert.equal(wine!.versions[0]!.state, 'incomplete')
  assert.equal(wine!.versions[0]!.reason, 'model.onnx may still be written')
  await assert.rejects(source.fetch('wine', '1'), { code: 'MILL_MODEL_INVALID' })
  clock.time += 2000
  assert.deepEqual(await lines(source), ['wine/1 whole'])
  write(folder, { 'wine/1/model.onnx': 'abc' })
  // A clock that runs ahead: the file is from the future.
  clock.time = Date.now() - 60_000
  assert.deepEqual(await lines(source), ['wine/1 incomplete'])
  clock.time += 499
  assert.deepEqual(await lines(source), ['wine/1 incomplete'])
  clock.time += 1
  assert.deepEqual(await lines(source), ['wine/1 whole'])
  assert.equal((await source.fetch('wine', '1')).sha256, sha256OfAbc)
})

test('a file that is old when it is first seen counts at once, even with the time of another machine', async t => {
  const { folder, clock, source } = rigWith(t, { 'wine/1/model.onnx': 'abc' })
  clock.time += 60_000
  assert.deepEqual(await lines(source), ['wine/1 whole'])
  // What is unpacked keeps the time that it was made: when it came is what counts.
  write(folder, { 'wine/2/model.onnx': 'ab' })
  utimesSync(join(folder, 'wine/2/model.onnx'), 1e9, 1e9)
  clock.time = Date.now()
  assert.deepEqual(await lines(source), ['wine/1 whole', 'wine/2 incomplete'])
})

test('with a checksum a version counts as soon as every byte is there', async t => {
  const { folder, clock, source } = rigWith(t, {
    'wine/1/metadata.json': `{"sha256":"${sha256OfAbc}"}`,
    'wine/1/model.onnx': 'ab'
  })
  assert.deepEqual(await lines(source), ['wine/1 incomplete'])
  write(folder, { 'wine/1/model.onnx': 'abc' })
  assert.deepEqual(await lines(source), ['wine/1 whole'])
  write(folder, { 'wine/1/model.onnx': 'abcd' })
  clock.time = Date.now()
  assert.deepEqual(await lines(source), ['wine/1 incomplete'])
  clock.time += 2000
  assert.deepEqual(await lines(source), ['wine/1 invalid'])
})

test('the other files of a version are waited for though the checksum of its model holds', async t => {
  const { clock, source } = rigWith(t, {
    'wine/1/metadata.json': `{"sha256":"${sha256OfAbc}"}`,
    'wine/1/model.onnx': 'abc',
    'wine/1/model.onnx.data': 'weig'
  })
  const [wine] = await source.list()
  assert.equal(wine!.versions[0]!.reason, 'model.onnx.data may still be written')
  clock.time += 2000
  assert.deepEqual(await lines(source), ['wine/1 whole'])
})

test('metadata are not called invalid while they are being written', async t => {
  const { clock, source } = rigWith(t, { 'wine/1/metadata.json': '{"version":', 'wine/1/model.onnx': 'abc' })
  assert.deepEqual(await lines(source), ['wine/1 incomplete'])
  clock.time += 2000
  assert.deepEqual(await lines(source), ['wine/1 invalid'])
})

test('a folder is seen once it is there, and what it held is not forgotten when it goes', async t => {
  const folder = join(temporaryFolder(t), 'models')
  const log: string[] = []
  const note = ({ problem }: Record<string, unknown>, message: string): void => void log.push(message, String(problem))
  const source = folderSource({ folder, stableMs: 0, log: { info: note, warn: note } })
  const gone = `folder of models ${folder} does not exist`
  assert.deepEqual(await source.list(), [])
  assert.deepEqual(await source.list(), [])
  assert.equal(source.problem(), gone)
  write(folder, { 'wine/1/model.onnx': 'abc' })
  assert.deepEqual(await lines(source), ['wine/1 whole'])
  assert.equal(source.problem(), undefined)
  renameSync(folder, `${folder}-away`)
  await assert.rejects(source.list(), { code: 'MILL_SOURCE_FAILED', message: gone })
  renameSync(`${folder}-away`, folder)
  assert.deepEqual(await lines(source), ['wine/1 whole'])
  const episode = ['models cannot be read', gone, 'models can be read again', 'undefined']
  assert.deepEqual(log, [...episode, ...episode])
})

test('a file in the place of the folder is a failure', async t => {
  const folder = join(temporaryFolder(t), 'models')
  writeFileSync(folder, '')
  await assert.rejects(folderSource({ folder }).list(), {
    code: 'MILL_SOURCE_FAILED',
    message: `${folder} is not a folder of models`
  })
})

test('links are followed, out of the folder as well', async t => {
  const { folder, source } = rigWith(t, { 'kept/wine/1/model.onnx': 'abc', 'kept/1.onnx': 'abcd' }, { stableMs: 0 })
  mkdirSync(join(folder, 'models/beer/2'), { recursive: true })
  symlinkSync('../kept/wine', join(folder, 'models/wine'))
  symlinkSync('../../kept/wine/1', join(folder, 'models/beer/1'))
  symlinkSync('../../../kept/1.onnx', join(folder, 'models/beer/2/model.onnx'))
  symlinkSync('nowhere', join(folder, 'models/beer/3'))
  symlinkSync('loop', join(folder, 'models/beer/loop'))
  const linked = folderSource({ folder: join(folder, 'models'), stableMs: 0 })
  assert.deepEqual(await lines(linked), ['beer/1 whole', 'beer/2 whole', 'wine/1 whole'])
  assert.equal((await linked.fetch('beer', '2')).bytes, 4)
  await source.close()
})

test('who watches hears of files that are swapped by a link, as Kubernetes does', async t => {
  const { folder, source } = rigWith(
    t,
    { 'wine/1/..first/model.onnx': 'abc', 'wine/1/..second/model.onnx': 'abcd' },
    { stableMs: 0, debounceMs: 1 }
  )
  symlinkSync('..first', join(folder, 'wine/1/..data'))
  symlinkSync('..data/model.onnx', join(folder, 'wine/1/model.onnx'))
  assert.equal((await source.fetch('wine', '1')).bytes, 3)
  await source.list()
  let heard = 0
  source.watch(() => (heard += 1))
  symlinkSync('..second', join(folder, 'wine/1/..next'))
  renameSync(join(folder, 'wine/1/..next'), join(folder, 'wine/1/..data'))
  await until(() => heard > 0)
  assert.equal((await source.fetch('wine', '1')).bytes, 4)
})

test('who watches a folder that tells nothing hears of changes all the same', async t => {
  // Nothing tells of a folder that a link leads to: only looking finds its files.
  const { folder } = rigWith(t, {
    'kept-1/model.onnx': 'abc',
    'kept-2/model.onnx': 'abcd',
    'models/wine/readme.md': ''
  })
  symlinkSync('kept-1', join(folder, 'current'))
  symlinkSync('../../current', join(folder, 'models/wine/1'))
  const source = folderSource({ folder: join(folder, 'models'), stableMs: 0, pollMs: 5 })
  t.after(() => source.close())
  await source.list()
  let heard = 0
  source.watch(() => (heard += 1))
  unlinkSync(join(folder, 'current'))
  symlinkSync('kept-2', join(folder, 'current'))
  await until(() => heard > 0)
  assert.equal((await source.fetch('wine', '1')).bytes, 4)
})

test('who watches hears that a version has become whole by waiting alone', async t => {
  const { clock, source } = rigWith(t, { 'wine/1/model.onnx': 'abc' }, { stableMs: 300, pollMs: 20 })
  assert.deepEqual(await lines(source), ['wine/1 incomplete'])
  let heard = 0
  source.watch(() => (heard += 1))
  clock.time += 10_000
  await until(() => heard > 0)
  assert.deepEqual(await lines(source), ['wine/1 whole'])
})

test('what changed between a listing and the watch is told', async t => {
  const { folder, source } = rigWith(t, { 'wine/1/model.onnx': 'abc' }, { stableMs: 0 })
  await source.list()
  remove(folder, 'wine')
  let heard = 0
  source.watch(() => (heard += 1))
  await until(() => heard > 0)
  assert.deepEqual(await lines(source), [])
})

test('a JSON file of unreasonable length is not read', async t => {
  const long = `{"name":"${'x'.repeat(2 ** 20)}"}`
  const { source } = rigWith(
    t,
    { 'wine/1/model.onnx': 'abc', 'wine/1/metadata.json': long, 'wine/config.json': long },
    { stableMs: 0 }
  )
  const [wine] = await source.list()
  assert.equal(wine!.versions[0]!.reason, 'metadata.json must have at most 1048576 bytes, got 1048587')
  assert.equal(wine!.configProblem, 'config.json must have at most 1048576 bytes, got 1048587')
})

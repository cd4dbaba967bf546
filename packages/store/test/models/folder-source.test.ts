import assert from 'node:assert/strict'
import { mkdirSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { folderSource } from '../../src/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'

/** `printf abc | sha256sum` */
const sha256OfAbc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

function write(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

test('lists folders of versions by name, whatever the versions are called', async t => {
  const folder = temporaryFolder(t)
  write(folder, {
    'wine/1.10/model.onnx': 'abc',
    'wine/1.9/model.onnx': 'abc',
    'wine/50%25 é/model.onnx': 'abc',
    'wine/config.json': '{"aliases":{"stable":"1.9"},"version_policy":{"latest":2}}',
    'knn/frozen/learner.state': 'abc',
    'knn/.hidden/model.onnx': 'abc',
    'knn/_cache/model.onnx': 'abc',
    'knn/2.tmp/model.onnx': 'abc',
    'knn/2.partial/model.onnx': 'abc',
    'readme.md': 'no model'
  })
  const source = folderSource({ folder, stableMs: 0 })
  const models = await source.list()
  assert.deepEqual(
    models.map(({ name, versions }) => [name, versions.map(({ version, state }) => `${version} ${state}`)]),
    [
      ['knn', ['frozen whole']],
      ['wine', ['1.10 whole', '1.9 whole', '50%25 é whole']]
    ]
  )
  assert.deepEqual(models[1]!.config.aliases, { stable: '1.9' })
  assert.deepEqual(models[1]!.config.versionPolicy, { kind: 'latest', count: 2 })
  const files = await source.fetch('knn', 'frozen')
  assert.equal(files.kind, 'learner')
  assert.equal(files.sha256, sha256OfAbc)
  assert.equal(files.bytes, 3)
})

test('a lone ONNX file is a model that its metadata name', async t => {
  const folder = temporaryFolder(t)
  write(folder, {
    'b.onnx': 'later',
    'a.onnx': 'abc',
    'model_metadata.json': '{"model_name":"forest","features":["x"],"class_names":["a","b"]}'
  })
  const source = folderSource({ folder, stableMs: 0 })
  const models = await source.list()
  assert.deepEqual(
    models.map(({ name, isFlat, versions }) => [name, isFlat, versions[0]?.version]),
    [['forest', true, '1']]
  )
  const files = await source.fetch('forest', '1')
  assert.equal(files.path, join(folder, 'a.onnx'))
  assert.deepEqual(files.metadata.classNames, ['a', 'b'])
})

test('a name that leads out of the folder is no version', async t => {
  const folder = temporaryFolder(t)
  write(folder, { 'secret/1/model.onnx': 'abc', 'models/wine/1/model.onnx': 'abc' })
  const source = folderSource({ folder: join(folder, 'models'), stableMs: 0 })
  for (const [model, version] of [
    ['../secret', '1'],
    ['..', 'secret/1'],
    ['wine', '../../secret/1'],
    ['wine', '..'],
    ['wine', ''],
    ['wine', '1/'],
    ['wine', '1\0'],
    ['.', 'wine'],
    [join(folder, 'secret'), '1']
  ] as const) {
    await assert.rejects(source.fetch(model, version), { code: 'MILL_VERSION_NOT_FOUND' }, `${model}/${version}`)
  }
})

test('a link is followed, and a version that is moved in by a new link is another one', async t => {
  const folder = temporaryFolder(t)
  write(folder, { 'data-1/model.onnx': 'abc', 'data-2/model.onnx': 'abcd', 'models/wine/readme.md': '' })
  symlinkSync('../../data-1', join(folder, 'models/wine/1'))
  const source = folderSource({ folder: join(folder, 'models'), stableMs: 0 })
  const [before] = await source.list()
  assert.equal((await source.fetch('wine', '1')).bytes, 3)
  unlinkSync(join(folder, 'models/wine/1'))
  symlinkSync('../../data-2', join(folder, 'models/wine/1'))
  const [after] = await source.list()
  assert.notEqual(after!.versions[0]!.stamp, before!.versions[0]!.stamp)
  assert.equal((await source.fetch('wine', '1')).bytes, 4)
})

test('a folder that does not exist yet is empty, and says so', async t => {
  const folder = join(temporaryFolder(t), 'models')
  const source = folderSource({ folder, stableMs: 0 })
  assert.deepEqual(await source.list(), [])
  assert.equal(source.problem(), `folder of models ${folder} does not exist`)
  write(folder, { 'wine/1/model.onnx': 'abc' })
  assert.equal((await source.list()).length, 1)
  assert.equal(source.problem(), undefined)
})

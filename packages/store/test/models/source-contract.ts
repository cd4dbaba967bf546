import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import type { ModelSource, SourcedModel } from '../../src/index.ts'
import { until } from '../until.ts'
import { sha256OfAbc } from './model-files.ts'

/** A source under test, and how to change what it holds. */
export interface TestedSource {
  readonly source: ModelSource
  put(name: string, text: string): Promise<void>
  remove(name: string): Promise<void>
}

/** A listing as lines: `wine/1.0 whole`. */
export function linesOf(models: readonly SourcedModel[]): string[] {
  return models.flatMap(({ name, versions }) => versions.map(({ version, state }) => `${name}/${version} ${state}`))
}

/** `printf 'metadata.json\0%s\nmodel.onnx\0%s\n' $(printf {} | sha256sum) $(printf abc | sha256sum) | sha256sum`, without the dashes. */
const digestOfAbc = 'e867aabca135e9c0fc8c42794c1b4ba6146dffe583a48f1d0735573c7bf821fd'

async function fresh({ source }: TestedSource): Promise<SourcedModel[]> {
  return source.list({ isFresh: true })
}

/** What every source of models does; `make` gives an empty one. */
export function sourceContract(
  name: string,
  make: (context: TestContext) => Promise<TestedSource>,
  { skip }: { skip: string | false }
): void {
  const contract = (title: string, run: (tested: TestedSource) => Promise<void>): void => {
    test(`${name}: ${title}`, { skip, timeout: 20_000 }, async t => run(await make(t)))
  }

  contract('lists versions whatever they are called, and nothing unfinished or hidden', async tested => {
    for (const version of ['1.10', '1.9', 'v2', '50% + é', '.3', '_4', '5.tmp', '6.partial']) {
      await tested.put(`wine/${version}/model.onnx`, 'abc')
    }
    await tested.put('.git/1/model.onnx', 'abc')
    await tested.put('amf/frozen/learner.state', 'abc')
    await tested.put('docs/readme.md', 'no model')
    await tested.put('readme.md', 'no model')
    const listed = await fresh(tested)
    assert.deepEqual(linesOf(listed), [
      'amf/frozen whole',
      'wine/1.10 whole',
      'wine/1.9 whole',
      'wine/50% + é whole',
      'wine/v2 whole'
    ])
    assert.ok(listed.every(model => !model.isFlat && model.configProblem === undefined))
    assert.equal((await tested.source.fetch('amf', 'frozen')).kind, 'learner')
    assert.equal(tested.source.problem(), undefined)
  })

  contract('hands out a version with the checksums of its file and of all its files', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await tested.put('wine/1/metadata.json', '{}')
    await tested.put('wine/copy/model.onnx', 'abc')
    await tested.put('wine/copy/metadata.json', '{}')
    await tested.put('wine/other/model.onnx', 'abc')
    await tested.put('wine/other/metadata.json', `{"name":"Wine","sha256":"${sha256OfAbc.toUpperCase()}"}`)
    await fresh(tested)
    const files = await tested.source.fetch('wine', '1')
    assert.equal(readFileSync(files.path, 'utf8'), 'abc')
    assert.equal(files.sha256, sha256OfAbc)
    assert.equal(files.digest, digestOfAbc)
    assert.equal(files.bytes, 3)
    assert.equal(files.kind, 'onnx')
    assert.equal((await tested.source.fetch('wine', 'copy')).digest, files.digest)
    const other = await tested.source.fetch('wine', 'other')
    assert.notEqual(other.digest, files.digest)
    assert.equal(other.sha256, sha256OfAbc)
    assert.equal(other.metadata.name, 'Wine')
  })

  contract('files of any other name are handed out beside the model', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await tested.put('wine/1/model.onnx.data', 'weights')
    await fresh(tested)
    const before = await tested.source.fetch('wine', '1')
    assert.equal(readFileSync(`${before.path}.data`, 'utf8'), 'weights')
    await tested.put('wine/1/model.onnx.data', 'weights!')
    await fresh(tested)
    const after = await tested.source.fetch('wine', '1')
    assert.equal(readFileSync(`${after.path}.data`, 'utf8'), 'weights!')
    assert.equal(after.sha256, before.sha256)
    assert.notEqual(after.digest, before.digest)
  })

  contract('new content is another stamp, the same content is the same one', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await tested.put('wine/2/model.onnx', 'abc')
    const stamps = async (): Promise<string[]> => (await fresh(tested))[0]!.versions.map(version => version.stamp)
    const before = await stamps()
    assert.deepEqual(await stamps(), before)
    await tested.put('wine/1/model.onnx', 'abcd')
    const after = await stamps()
    assert.notEqual(after[0], before[0])
    assert.equal(after[1], before[1])
    assert.equal((await tested.source.fetch('wine', '1')).bytes, 4)
  })

  contract('a version without a model is incomplete until it has one', async tested => {
    await tested.put('wine/1/metadata.json', '{}')
    await tested.put('wine/2/model.onnx', '')
    const [wine] = await fresh(tested)
    assert.deepEqual(
      wine!.versions.map(({ state, reason }) => [state, reason]),
      [
        ['incomplete', 'lacks model.onnx'],
        ['incomplete', 'model.onnx is empty']
      ]
    )
    await assert.rejects(tested.source.fetch('wine', '1'), {
      code: 'MILL_MODEL_INVALID',
      message: 'wine/1: lacks model.onnx'
    })
    await tested.put('wine/1/model.onnx', 'abc')
    assert.deepEqual(linesOf(await fresh(tested)), ['wine/1 whole', 'wine/2 incomplete'])
    assert.equal((await tested.source.fetch('wine', '1')).bytes, 3)
  })

  contract('a version is not handed out until its checksum holds', async tested => {
    await tested.put('wine/1/metadata.json', `{"sha256":"${sha256OfAbc}"}`)
    await tested.put('wine/1/model.onnx', 'ab')
    await fresh(tested)
    await assert.rejects(tested.source.fetch('wine', '1'), {
      code: 'MILL_MODEL_INVALID',
      message: new RegExp(`^wine/1: model.onnx has SHA-256 fb8e20fc\\w{56}, the metadata say ${sha256OfAbc}$`)
    })
    const [wine] = await fresh(tested)
    assert.equal(wine!.versions[0]!.state, 'invalid')
    assert.match(wine!.versions[0]!.reason!, /^model.onnx has SHA-256 fb8e20fc/)
    await tested.put('wine/1/model.onnx', 'abc')
    assert.deepEqual(linesOf(await fresh(tested)), ['wine/1 whole'])
    assert.equal((await tested.source.fetch('wine', '1')).sha256, sha256OfAbc)
  })

  contract('metadata that break the schema make their version invalid, with every fault named', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await tested.put('wine/1/metadata.json', '{"version":1.1,"accuracy":94}')
    await tested.put('wine/2/model.onnx', 'abc')
    await tested.put('wine/2/metadata.json', '{"version":')
    await tested.put('wine/3/model.onnx', 'abc')
    const [wine] = await fresh(tested)
    assert.deepEqual(linesOf([wine!]), ['wine/1 invalid', 'wine/2 invalid', 'wine/3 whole'])
    assert.equal(
      wine!.versions[0]!.reason,
      'metadata.json: version must be text that is not empty, got 1.1; accuracy must be a number from 0 to 1, got 94'
    )
    assert.match(wine!.versions[1]!.reason!, /^metadata.json: is not JSON: /)
    await assert.rejects(tested.source.fetch('wine', '1'), { code: 'MILL_MODEL_INVALID' })
  })

  contract('reads the configuration of a model, and says why it cannot', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await tested.put('wine/config.json', '{"aliases":{"stable":"1"},"version_policy":{"latest":2},"threads":3}')
    const [good] = await fresh(tested)
    assert.deepEqual(good!.config.aliases, { stable: '1' })
    assert.deepEqual(good!.config.versionPolicy, { kind: 'latest', count: 2 })
    assert.equal(good!.config.threads, 3)
    await tested.put('wine/config.json', '{"thread":3}')
    const [bad] = await fresh(tested)
    assert.match(bad!.configProblem!, /^config.json: thread is not known/)
    assert.deepEqual(bad!.config, { aliases: {} })
    assert.deepEqual(linesOf([bad!]), ['wine/1 whole'])
  })

  contract('a joblib file is never served, and the reason says what to do', async tested => {
    await tested.put('wine/1/model.joblib', 'abc')
    const [wine] = await fresh(tested)
    assert.equal(wine!.versions[0]!.state, 'invalid')
    assert.match(wine!.versions[0]!.reason!, /runs whatever code is in it; convert the model to ONNX$/)
    await assert.rejects(tested.source.fetch('wine', '1'), { code: 'MILL_MODEL_INVALID', message: /convert/ })
  })

  contract('a lone ONNX file is a model that its metadata name', async tested => {
    await tested.put('b.onnx', 'later')
    await tested.put('a.onnx', 'abc')
    const [unnamed] = await fresh(tested)
    assert.deepEqual([unnamed!.name, unnamed!.isFlat, ...linesOf([unnamed!])], ['a', true, 'a/1 whole'])
    await tested.put('model_metadata.json', '{"model_name":"forest","version":"3.0","class_names":["x","y"]}')
    assert.deepEqual(linesOf(await fresh(tested)), ['forest/3.0 whole'])
    const files = await tested.source.fetch('forest', '3.0')
    assert.equal(files.sha256, sha256OfAbc)
    assert.deepEqual(files.metadata.classNames, ['x', 'y'])
    await tested.put('model_metadata.json', '{"model_name":"../forest"}')
    const [bad] = await fresh(tested)
    assert.deepEqual(linesOf([bad!]), ['a/1 invalid'])
  })

  contract('that a lone file is a model is no part of its name', async tested => {
    await tested.put('wine_quality_model.onnx', 'abc')
    assert.deepEqual(linesOf(await fresh(tested)), ['wine_quality/1 whole'])
    assert.equal((await tested.source.fetch('wine_quality', '1')).sha256, sha256OfAbc)
  })

  contract('what is not there is not found, and no name leads anywhere else', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await fresh(tested)
    const names = ['', '.', '..', '../wine', 'wine/1', 'wine\0', '/etc', '1/../1', '__proto__', 'constructor']
    for (const bad of names) {
      await assert.rejects(tested.source.fetch('wine', bad), { code: 'MILL_VERSION_NOT_FOUND' }, bad)
      await assert.rejects(tested.source.fetch(bad, '1'), { code: 'MILL_VERSION_NOT_FOUND' }, bad)
    }
  })

  contract('a version that was removed is gone', async tested => {
    await tested.put('wine/1/model.onnx', 'abc')
    await tested.put('wine/2/model.onnx', 'abc')
    assert.deepEqual(linesOf(await fresh(tested)), ['wine/1 whole', 'wine/2 whole'])
    await tested.remove('wine/1/model.onnx')
    await tested.remove('wine/1')
    assert.deepEqual(linesOf(await fresh(tested)), ['wine/2 whole'])
    await assert.rejects(tested.source.fetch('wine', '1'), { code: 'MILL_VERSION_NOT_FOUND' })
  })

  contract('who watches hears of what comes, changes and goes, until the watch ends', async tested => {
    await fresh(tested)
    let heard = 0
    const end = tested.source.watch(() => (heard += 1))
    const changes: [() => Promise<void>, string[]][] = [
      [() => tested.put('wine/1/metadata.json', '{}'), ['wine/1 incomplete']],
      [() => tested.put('wine/1/model.onnx', 'abc'), ['wine/1 whole']],
      [() => tested.put('wine/config.json', '{"threads":1}'), ['wine/1 whole']],
      [() => tested.put('wine/1/model.onnx', 'abcd'), ['wine/1 whole']],
      [() => tested.remove('wine/1/model.onnx'), ['wine/1 incomplete']]
    ]
    for (const [change, lines] of changes) {
      const before = heard
      await change()
      await until(() => heard > before)
      assert.deepEqual(linesOf(await tested.source.list()), lines)
    }
    end()
    await tested.source.close()
  })
}

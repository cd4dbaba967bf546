import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type ModelSource, s3Source, type S3SourceOptions } from '../../src/index.ts'
import { temporaryFolder } from '../temporary-folder.ts'
import { until } from '../until.ts'
import { type HttpProxy, httpProxy } from './http-proxy.ts'
import { sha256OfAbc } from './model-files.ts'
import { bucket, credentials, type S3Server, startS3, withoutS3 } from './s3-server.ts'
import { linesOf } from './source-contract.ts'

const options = { skip: withoutS3, timeout: 20_000 }
const hourMs = 3_600_000

/** A server with some objects behind a proxy, and sources that share a cache and a clock. */
interface Rig {
  readonly server: S3Server
  readonly proxy: HttpProxy
  readonly cacheDir: string
  /** Milliseconds by the clock of the sources. */
  time: number
  open(settings?: Partial<S3SourceOptions>): ModelSource
}

async function rigWith(context: TestContext, objects: Readonly<Record<string, string>>): Promise<Rig> {
  const server = await startS3(context)
  for (const [key, content] of Object.entries(objects)) await server.put(key, content)
  const proxy = await httpProxy(context, server.endpoint)
  const rig: Rig = {
    server,
    proxy,
    cacheDir: temporaryFolder(context),
    time: 0,
    open(settings = {}) {
      const { cacheDir } = rig
      const common = { bucket, key: 'models', region: 'us-east-1', ttlMs: hourMs, retryDelayMs: () => 1, credentials }
      const source = s3Source({ ...common, cacheDir, endpoint: proxy.endpoint, now: () => rig.time, ...settings })
      context.after(() => source.close())
      return source
    }
  }
  return rig
}

/** Names of all files in the cache. */
function cached(rig: Rig): string[] {
  const entries = readdirSync(rig.cacheDir, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => entry.name)
}

test('a listing of many pages is put together', options, async t => {
  const names = Array.from({ length: 7 }, (_, index) => `wine/${index}/model.onnx`)
  const rig = await rigWith(t, Object.fromEntries(names.map(name => [`models/${name}`, 'abc'])))
  const [wine] = await rig.open({ pageSize: 2 }).list()
  assert.deepEqual(
    wine!.versions.map(({ version }) => version),
    ['0', '1', '2', '3', '4', '5', '6']
  )
  assert.equal(rig.proxy.requests.length, 4)
})

test('a bucket is looked at when its time has come, or when a fresh look is asked for', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const source = rig.open({ ttlMs: 1000 })
  await source.list()
  await rig.server.put('models/wine/2/model.onnx', 'abc')
  rig.time = 999
  assert.deepEqual(linesOf(await source.list()), ['wine/1 whole'])
  assert.equal(rig.proxy.requests.length, 1)
  rig.time = 1000
  assert.deepEqual(linesOf(await source.list()), ['wine/1 whole', 'wine/2 whole'])
  await rig.server.put('models/wine/3/model.onnx', 'abc')
  assert.equal((await source.list())[0]!.versions.length, 2)
  assert.equal((await source.list({ isFresh: true }))[0]!.versions.length, 3)
})

test('a fresh look begins after the call, though another one is under way', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const source = rig.open()
  const first = source.list()
  const put = rig.server.put('models/wine/2/model.onnx', 'abc')
  const both = put.then(() => Promise.all([source.list({ isFresh: true }), source.list({ isFresh: true })]))
  await first
  for (const listed of await both) assert.deepEqual(linesOf(listed), ['wine/1 whole', 'wine/2 whole'])
})

test('the same content is downloaded once, by several callers and across restarts', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc', 'models/wine/1/metadata.json': '{}' })
  const source = rig.open()
  await source.list()
  await Promise.all([source.fetch('wine', '1'), source.fetch('wine', '1'), source.fetch('wine', '1')])
  await source.list({ isFresh: true })
  const again = rig.open()
  await again.list()
  assert.equal((await again.fetch('wine', '1')).sha256, sha256OfAbc)
  const downloads = rig.proxy.requests.filter(request => !request.endsWith('/models') && !request.endsWith('/models/'))
  assert.deepEqual(downloads, ['GET /models/models/wine/1/metadata.json', 'GET /models/models/wine/1/model.onnx'])
})

test('what was replaced after it was listed is handed out as it is now', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'ab' })
  const source = rig.open()
  const [before] = await source.list()
  await rig.server.put('models/wine/1/model.onnx', 'abc')
  assert.equal((await source.fetch('wine', '1')).sha256, sha256OfAbc)
  const [after] = await source.list()
  assert.notEqual(after!.versions[0]!.stamp, before!.versions[0]!.stamp)
})

test('a single key is a model whose version is the beginning of its ETag', options, async t => {
  const rig = await rigWith(t, { 'models/latest/wine_quality_model.onnx': 'abc', 'models/latest/other.onnx': 'x' })
  const source = rig.open({ key: 'models/latest/wine_quality_model.onnx' })
  // RFC 1321 has the MD5 of "abc": 900150983cd24fb0d6963f7d28e17f72.
  assert.deepEqual(linesOf(await source.list()), ['wine_quality/900150983cd2 whole'])
  const files = await source.fetch('wine_quality', '900150983cd2')
  assert.equal(files.sha256, sha256OfAbc)
  await rig.server.put('models/latest/metadata.json', `{"model_name":"wine","version":"1.0","sha256":"${sha256OfAbc}"}`)
  assert.deepEqual(linesOf(await source.list({ isFresh: true })), ['wine/1.0 whole'])
  assert.equal((await source.fetch('wine', '1.0')).sha256, sha256OfAbc)
})

test('a joblib key is told of without a request', options, async t => {
  const rig = await rigWith(t, {})
  const source = rig.open({ key: 'models/latest/wine_quality_model.joblib' })
  const [model] = await source.list()
  assert.equal(model!.name, 'wine_quality')
  assert.equal(model!.versions[0]!.state, 'invalid')
  assert.match(model!.versions[0]!.reason!, /^wine_quality_model.joblib is not served: .* convert the model to ONNX$/)
  await assert.rejects(source.fetch('wine_quality', model!.versions[0]!.version), { code: 'MILL_MODEL_INVALID' })
  assert.deepEqual(rig.proxy.requests, [])
})

test('while the server is down, what was listed goes on and what was downloaded is handed out', options, async t => {
  const rig = await rigWith(t, {
    'models/wine/1/model.onnx': 'abc',
    'models/wine/1/metadata.json': '{"name":"Wine"}',
    'models/wine/2/model.onnx': 'abcd'
  })
  const source = rig.open()
  await source.list()
  const files = await source.fetch('wine', '1')
  await rig.server.kill()
  assert.deepEqual(linesOf(await source.list({ isFresh: true })), ['wine/1 whole', 'wine/2 whole'])
  assert.match(source.problem()!, /^bucket models cannot be read: the connection failed \(ECONNRESET\)$/)
  assert.deepEqual(await source.fetch('wine', '1'), files)
  await assert.rejects(source.fetch('wine', '2'), { code: 'MILL_SOURCE_FAILED' })

  const restarted = rig.open()
  assert.deepEqual(linesOf(await restarted.list()), ['wine/1 whole', 'wine/2 incomplete'])
  assert.match(restarted.problem()!, /ECONNRESET/)
  const kept = await restarted.fetch('wine', '1')
  assert.equal(readFileSync(kept.path, 'utf8'), 'abc')
  assert.equal(kept.metadata.name, 'Wine')

  await rig.server.start()
  for (const one of [source, restarted]) {
    rig.time += 60_000
    assert.deepEqual(linesOf(await one.list()), ['wine/1 whole', 'wine/2 whole'])
    assert.equal(one.problem(), undefined)
    assert.equal((await one.fetch('wine', '2')).bytes, 4)
  }
})

test('who watches hears that the server is back, without asking', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const log: string[] = []
  const write = (_: Record<string, unknown>, message: string): void => void log.push(message)
  const source = rig.open({ ttlMs: 5, now: Date.now, log: { info: write, warn: write } })
  await source.list()
  await rig.server.kill()
  const heard = Promise.withResolvers<void>()
  const isAway = Promise.withResolvers<void>()
  source.watch(() => heard.resolve())
  const waiting = setInterval(() => source.problem() !== undefined && isAway.resolve(), 1)
  await isAway.promise
  clearInterval(waiting)
  await rig.server.start()
  await rig.server.put('models/wine/2/model.onnx', 'abc')
  await heard.promise
  assert.equal((await source.list())[0]!.versions.length, 2)
  assert.deepEqual(log, ['models cannot be read', 'models can be read again'])
})

test('who watches a bucket that was away from the beginning hears of its first listing', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  await rig.server.kill()
  const source = rig.open({ ttlMs: 5, now: Date.now, attempts: 1 })
  await assert.rejects(source.list(), { code: 'MILL_SOURCE_FAILED' })
  const heard = Promise.withResolvers<void>()
  source.watch(() => heard.resolve())
  await rig.server.start()
  await heard.promise
  assert.deepEqual(linesOf(await source.list()), ['wine/1 whole'])
})

test('a source that never reached its bucket says why, without its secrets', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const log: string[] = []
  const write = (fields: Record<string, unknown>): void => void log.push(JSON.stringify(fields))
  const secretAccessKey = 'not the secret of anybody'
  const cases: [Partial<S3SourceOptions>, string][] = [
    [{ credentials: { ...credentials, secretAccessKey } }, 'the credentials are refused'],
    [{ bucket: 'other' }, 'the bucket does not exist'],
    [{ key: 'models/none.onnx' }, 'it has no object models/none.onnx'],
    [{ endpoint: 'http://127.0.0.1:1' }, 'the connection failed (ECONNREFUSED)']
  ]
  for (const [settings, reason] of cases) {
    const source = rig.open({ ...settings, log: { info: write, warn: write } })
    const message = `bucket ${settings.bucket ?? bucket} cannot be read: ${reason}`
    const error: unknown = await source.list().catch((thrown: unknown) => thrown)
    assert.ok(error instanceof Error && 'code' in error && error.code === 'MILL_SOURCE_FAILED')
    assert.equal(error.message, message)
    assert.equal(error.cause, undefined)
    assert.equal(source.problem(), message)
  }
  assert.equal(log.length, cases.length)
  assert.doesNotMatch(log.join(), /secret/)
})

test('a download that breaks off is tried again, and never seen in part', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const source = rig.open({ attempts: 3 })
  await source.list()
  rig.proxy.cut('model.onnx', 2)
  assert.equal((await source.fetch('wine', '1')).sha256, sha256OfAbc)
  assert.equal(rig.proxy.requests.filter(request => request.endsWith('model.onnx')).length, 3)
  assert.deepEqual(
    cached(rig).filter(name => name.includes('partial')),
    []
  )
})

test('a download that always breaks off fails and leaves nothing behind', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const source = rig.open({ attempts: 3 })
  await source.list()
  rig.proxy.cut('model.onnx', 3)
  await assert.rejects(source.fetch('wine', '1'), {
    code: 'MILL_SOURCE_FAILED',
    message: /^wine\/1 cannot be had from s3/
  })
  assert.deepEqual(cached(rig), ['listing.json'])
  assert.equal((await source.fetch('wine', '1')).sha256, sha256OfAbc)
})

test('a server that does not answer is given up', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const source = rig.open({ timeoutMs: 20, attempts: 2 })
  rig.proxy.hold(true)
  await assert.rejects(source.list(), { message: 'bucket models cannot be read: it does not answer in time' })
  assert.equal(rig.proxy.requests.length, 2)
  await source.close()
})

test('a server that is silent holds nobody up: what it listed last goes on until it answers', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  const settings = { patience: { knownMs: 5, unknownMs: 5 }, timeoutMs: 10_000 }
  const source = rig.open({ timeoutMs: 10_000 })
  await source.list()
  await source.fetch('wine', '1')
  rig.proxy.hold(true)
  const restarted = rig.open(settings)
  assert.deepEqual(linesOf(await restarted.list()), ['wine/1 whole'])
  assert.equal(restarted.problem(), 'bucket models cannot be read: it does not answer in time')
  assert.deepEqual(linesOf(await restarted.list({ isFresh: true })), ['wine/1 whole'])
  assert.equal((await restarted.fetch('wine', '1')).bytes, 3)
  const elsewhere = rig.open({ ...settings, cacheDir: temporaryFolder(t) })
  await assert.rejects(elsewhere.list(), { code: 'MILL_SOURCE_FAILED', message: restarted.problem()! })
  await until(() => rig.proxy.requests.length === 4)
  await rig.server.put('models/wine/2/model.onnx', 'abc')
  const heard = Promise.withResolvers<void>()
  restarted.watch(() => heard.resolve())
  rig.proxy.release()
  await heard.promise
  assert.deepEqual(linesOf(await restarted.list()), ['wine/1 whole', 'wine/2 whole'])
  assert.equal(restarted.problem(), undefined)
})

test('a file that was spoilt in the cache is downloaded again', options, async t => {
  const rig = await rigWith(t, {
    'models/wine/1/model.onnx': 'abc',
    'models/wine/1/metadata.json': `{"sha256":"${sha256OfAbc}"}`
  })
  const source = rig.open()
  await source.list()
  const { path } = await source.fetch('wine', '1')
  writeFileSync(path, 'xyz')
  const restarted = rig.open()
  await restarted.list()
  const files = await restarted.fetch('wine', '1')
  assert.equal(files.sha256, sha256OfAbc)
  assert.equal(readFileSync(files.path, 'utf8'), 'abc')
})

test('what is not listed any more leaves the cache after an hour', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc', 'models/wine/2/model.onnx': 'abcd' })
  const source = rig.open()
  await source.list()
  const gone = await source.fetch('wine', '1')
  const kept = await source.fetch('wine', '2')
  await rig.server.remove('models/wine/1/model.onnx')
  await source.list({ isFresh: true })
  rig.time = hourMs - 1
  await source.list({ isFresh: true })
  assert.equal(readFileSync(gone.path, 'utf8'), 'abc')
  rig.time = hourMs
  await source.list({ isFresh: true })
  assert.throws(() => readFileSync(gone.path), { code: 'ENOENT' })
  assert.equal(readFileSync(kept.path, 'utf8'), 'abcd')
  assert.deepEqual(cached(rig).filter(name => name !== 'listing.json').length, 2)
})

test('a saved listing that is damaged counts as none', options, async t => {
  const rig = await rigWith(t, { 'models/wine/1/model.onnx': 'abc' })
  await rig.open().list()
  const [file] = readdirSync(rig.cacheDir, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.json'))
  await rig.server.kill()
  for (const text of ['', '{"objects":[{"key":1}]}', '{}', 'null']) {
    writeFileSync(join(rig.cacheDir, file!), text)
    await assert.rejects(rig.open({ attempts: 1 }).list(), { code: 'MILL_SOURCE_FAILED' }, text)
  }
})

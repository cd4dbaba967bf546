import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import type { InferReply } from '../../src/serving/model-server.ts'
import type { CachedQuestion } from '../../src/serving/cache/cached-question.ts'
import { createResponseCache, type ResponseCache } from '../../src/serving/response-cache.ts'
import { answerOf, numberIn, quiet, type Setup, setup, wide } from './setup.ts'

const input: NamedTensor = { name: 'x', datatype: 'FP64', shape: [1], data: Float64Array.of(1) }

/** A model whose runs end when the test says so; the number of runs that began is known. */
function slowModel({ source, runtime }: Setup) {
  source.put('m', '1', { answer: 1 })
  const ends: (() => void)[] = []
  runtime.beforeRun = () => new Promise(resolve => ends.push(resolve))
  return ends
}

/** Let all that can go on without anybody doing anything go on. */
const settled = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

test('at most so many requests are in work; others wait in the order they came', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  const server = await things.open({ limits: { ...wide, maxConcurrent: 2 } })
  const done: number[] = []
  const requests = [0, 1, 2, 3].map(async number => {
    await answerOf(server, 'm')
    done.push(number)
  })
  await settled()
  assert.equal(ends.length, 2)
  ends[0]!()
  await settled()
  assert.deepEqual([ends.length, done], [3, [0]])
  ends[1]!()
  await settled()
  for (const end of ends) end()
  await Promise.all(requests)
  assert.deepEqual(done, [0, 1, 2, 3])
})

test('a model whose places and queue are full keeps no other waiting', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  things.source.put('light', '1', { answer: 7 })
  const server = await things.open({ limits: { ...wide, maxConcurrent: 1, queueLimit: 1 } })
  const requests = [answerOf(server, 'm'), answerOf(server, 'm')]
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_OVERLOADED' })
  const light = answerOf(server, 'light')
  await settled()
  ends[1]!()
  assert.equal(await light, 7)
  ends[0]!()
  await settled()
  ends[2]!()
  await Promise.all(requests)
})

test('a request that finds the queue full is refused', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  const server = await things.open({ limits: { ...wide, maxConcurrent: 1, queueLimit: 1 } })
  const requests = [answerOf(server, 'm'), answerOf(server, 'm')]
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_OVERLOADED', message: /^Exceeds maximum queue size/ })
  ends[0]!()
  await settled()
  requests.push(answerOf(server, 'm'))
  await settled()
  for (let run = 1; run < 3; run++) {
    ends[run]!()
    await settled()
  }
  assert.deepEqual(await Promise.all(requests), [1, 1, 1])
})

test('a request that waits too long for its turn is refused, and gives up its place', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  const server = await things.open({ limits: { ...wide, maxConcurrent: 1, queueLimit: 1 } })
  const first = answerOf(server, 'm')
  const second = server.infer({ model: 'm', inputs: [], timeoutMs: 20 })
  const refused = assert.rejects(second, {
    code: 'MILL_DEADLINE_EXCEEDED',
    message: "the request to model 'm' was not answered within 20 ms"
  })
  things.time.pass(20)
  await refused
  const third = answerOf(server, 'm')
  ends[0]!()
  await settled()
  ends[1]!()
  assert.deepEqual(await Promise.all([first, third]), [1, 1])
})

test('a request that runs too long is refused at the limit of the server, whatever the caller asked for', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  const server = await things.open({ limits: { ...wide, requestTimeoutMs: 100 } })
  const refused = assert.rejects(server.infer({ model: 'm', inputs: [], timeoutMs: 5000 }), {
    code: 'MILL_DEADLINE_EXCEEDED'
  })
  things.time.pass(100)
  await refused
  assert.equal(server.statistics('m')[0]!.fail.count, 1)
  ends[0]!()
  await settled()
  const [statistics] = server.statistics('m')
  assert.deepEqual([statistics!.success.count, statistics!.fail], [0, { count: 1, ns: 100e6 }])
})

test('a request does not wait longer for a version to be loaded than it may, and the load goes on', async t => {
  const { source, runtime, time, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  const { promise, resolve } = Promise.withResolvers<void>()
  runtime.beforeLoad = () => promise
  const refused = Promise.all([
    assert.rejects(answerOf(server, 'm', '1'), { code: 'MILL_DEADLINE_EXCEEDED' }),
    assert.rejects(server.resolve('m', '1'), { code: 'MILL_DEADLINE_EXCEEDED' })
  ])
  time.pass(1000)
  await refused
  resolve()
  assert.equal(await answerOf(server, 'm', '1'), 1)
  assert.deepEqual(runtime.loads, ['m/2', 'm/1'])
  assert.equal((await server.resolve('m', '1')).served.version, '1')
})

test('the deadline goes on to the run', async t => {
  const { source, runtime, time, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const asked: unknown[] = []
  const { load } = runtime
  runtime.load = async options => {
    const model = await load(options)
    return {
      ...model,
      run(request) {
        asked.push(request)
        return model.run(request)
      }
    }
  }
  const server = await open()
  time.pass(5)
  await server.infer({ model: 'm', inputs: [input], outputs: ['y'], timeoutMs: 7, priority: 3, featureNames: ['a'] })
  assert.deepEqual(asked, [{ inputs: [input], outputs: ['y'], deadline: 1012, priority: 3, featureNames: ['a'] }])
})

test('an answer from the cache takes no place, and counts as a success without a run', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  const cache = createResponseCache({ maxBytes: 1e6, log: quiet })
  const server = await things.open({ cache, limits: { ...wide, maxConcurrent: 1, queueLimit: 0 } })
  const ask = (): Promise<InferReply> => server.infer({ model: 'm', inputs: [input] })
  const first = ask()
  await settled()
  ends[0]!()
  assert.equal((await first).isCached, false)
  const slow = server.infer({ model: 'm', inputs: [input], useCache: false })
  await settled()
  const cached = await ask()
  assert.deepEqual([cached.isCached, numberIn(cached)], [true, 1])
  ends[1]!()
  assert.equal((await slow).isCached, false)
  const [statistics] = server.statistics()
  assert.deepEqual(
    [statistics!.success.count, statistics!.cacheHit.count, statistics!.cacheMiss.count, statistics!.executions],
    [3, 1, 1, 2]
  )
})

test('the cache is asked about all that decides an answer, for as long as the request says', async t => {
  const { source, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const asked: [CachedQuestion, number][] = []
  const cache: ResponseCache = {
    async answer(question, ttlMs, compute) {
      asked.push([question, ttlMs])
      return { outputs: await compute(), isCached: false }
    },
    counts: () => ({ hits: 0, misses: 0, evictions: 0, entries: 0, bytes: 0 }),
    clear: async () => undefined
  }
  const server = await open({ cache })
  await server.infer({ model: 'm', version: 'default', inputs: [input], outputs: ['y'] })
  await server.infer({ model: 'm', inputs: [input], featureNames: ['a'], cacheTtlMs: 5 })
  const { digest } = (await server.resolve('m')).served
  assert.deepEqual(asked, [
    [{ model: 'm', version: '1', digest, inputs: [input], outputs: ['y'], featureNames: undefined }, 1000],
    [{ model: 'm', version: '1', digest, inputs: [input], outputs: undefined, featureNames: ['a'] }, 5]
  ])
})

test('statistics outlive the memory of a version, and end with the version', async t => {
  const { source, time, open } = setup(t)
  for (const version of ['1', '2']) source.put('m', version, { answer: Number(version) })
  const server = await open({ limits: { ...wide, maxModels: 1 } })
  time.pass(500)
  for (const version of ['2', '1', '2', '2']) await answerOf(server, 'm', version)
  const [second, first] = server.statistics('m')
  assert.deepEqual(second, {
    model: 'm',
    version: '2',
    lastInferenceMs: 1500,
    inferences: 3,
    executions: 3,
    success: { count: 3, ns: 0 },
    fail: { count: 0, ns: 0 },
    queue: { count: 3, ns: 3 },
    computeInput: { count: 3, ns: 6 },
    computeInfer: { count: 3, ns: 9 },
    computeOutput: { count: 3, ns: 12 },
    cacheHit: { count: 0, ns: 0 },
    cacheMiss: { count: 0, ns: 0 },
    batches: [{ rows: 1, count: 3, inputNs: 3, inferNs: 3, outputNs: 3 }],
    memoryBytes: 10
  })
  assert.deepEqual([first!.version, first!.executions, first!.memoryBytes], ['1', 1, 0])
  assert.deepEqual(server.statistics('m', '1'), [first])
  assert.throws(() => server.statistics('m', '7'), { code: 'MILL_VERSION_NOT_FOUND' })
  source.content.get('m')!.versions.delete('1')
  await server.reload()
  assert.equal(server.statistics().length, 1)
})

test('whoever listens hears of every request, load and end', async t => {
  const { source, runtime, time, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const heard: string[] = []
  const server = await open({
    events: {
      answered: ({ route, durationMs }) => heard.push(`answered ${route.model}/${route.version} ${durationMs}`),
      failed: ({ model, version, error }) => heard.push(`failed ${model}/${version} ${(error as MillraceError).code}`),
      loaded: ({ version }) => heard.push(`loaded ${version}`),
      unloaded: ({ version }) => heard.push(`unloaded ${version}`)
    }
  })
  runtime.beforeRun = async () => time.pass(3)
  await answerOf(server, 'm')
  await assert.rejects(answerOf(server, 'x', '1'))
  await assert.rejects(server.resolve('m', '9', {}))
  await assert.rejects(server.resolve('m', '9'))
  source.put('m', '1', { answer: 2 })
  await server.reload()
  await server.close()
  assert.deepEqual(heard, [
    'loaded 1',
    'answered m/1 3',
    'failed x/1 MILL_MODEL_NOT_FOUND',
    'failed m/9 MILL_VERSION_NOT_FOUND',
    'loaded 1',
    'unloaded 1',
    'unloaded 1'
  ])
})

test('closing answers what is in work, then gives all memory back and closes the sources', async t => {
  const things = setup(t)
  const ends = slowModel(things)
  const server = await things.open()
  const request = answerOf(server, 'm')
  await settled()
  const closing = server.close()
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_MODEL_NOT_READY', message: /closing/ })
  assert.equal(things.source.isClosed, false)
  ends[0]!()
  assert.equal(await request, 1)
  await closing
  assert.equal(things.runtime.inMemory.size, 0)
  assert.equal(things.source.isClosed, true)
  const { lists } = things.source.counts
  things.source.tell()
  things.time.pass(1e9)
  await settled()
  assert.equal(things.source.counts.lists, lists)
})

test('a failure of the model is counted with the time it took', async t => {
  const { source, runtime, time, open } = setup(t)
  source.put('m', '1', { answer: 1 })
  const server = await open()
  runtime.beforeRun = async () => {
    time.pass(2)
    throw new MillraceError('MILL_RUN_FAILED', 'division by zero')
  }
  await assert.rejects(answerOf(server, 'm'), { code: 'MILL_RUN_FAILED' })
  assert.deepEqual(server.statistics('m', '1')[0]!.fail, { count: 1, ns: 2e6 })
})

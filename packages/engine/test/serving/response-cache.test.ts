import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import { redisAnswerStore, type RedisConnection } from '@millrace/store'
import { connectTo, startRedis, withoutRedis } from '../../../store/test/redis-server.ts'
import { until } from '../../../store/test/until.ts'
import type { CachedQuestion } from '../../src/serving/cache/cached-question.ts'
import { type CacheOptions, createResponseCache, type ResponseCache } from '../../src/serving/response-cache.ts'
import { memoryLog } from '../learner-setup.ts'

const day = 86_400_000

function question(value: number): CachedQuestion {
  return {
    model: 'm',
    version: '1.0',
    digest: 'd',
    inputs: [{ name: 'x', datatype: 'FP64', shape: [1, 1], data: Float64Array.of(value) }]
  }
}

function output(...values: number[]): NamedTensor[] {
  return [{ name: 'y', datatype: 'FP64', shape: [values.length], data: Float64Array.from(values) }]
}

function zeros(bytes: number): NamedTensor[] {
  return [{ name: 'y', datatype: 'FP64', shape: [bytes / 8], data: new Float64Array(bytes / 8) }]
}

/** Computes an answer when it is told to, and counts how often it was asked. */
function slowModel() {
  const asked: PromiseWithResolvers<NamedTensor[]>[] = []
  const compute = (): Promise<NamedTensor[]> => {
    asked.push(Promise.withResolvers())
    return asked.at(-1)!.promise
  }
  return { asked, compute }
}

const never = (): Promise<never> => Promise.reject(new Error('this is known'))

function memoryCache(options: Partial<CacheOptions> = {}): ResponseCache {
  return createResponseCache({ maxBytes: 2 ** 20, log: memoryLog(), ...options })
}

async function keysIn(redis: Pick<RedisConnection, 'send'>): Promise<string[]> {
  return (await redis.send(['KEYS', 'millrace:answer:*'])) as string[]
}

async function cacheBeforeRedis(context: TestContext): Promise<ResponseCache> {
  return memoryCache({ shared: redisAnswerStore(await connectTo(context, await startRedis(context))) })
}

/** What a cache does, whether it is alone or has a store behind it. */
function contract(make: (context: TestContext) => ResponseCache | Promise<ResponseCache>): void {
  test('an answer is computed once, and the second to ask is told that it was made before', async t => {
    const cache = await make(t)
    const first = await cache.answer(question(1), day, async () => output(7))
    assert.deepEqual(first, { outputs: output(7), isCached: false })
    assert.deepEqual(await cache.answer(question(1), day, never), { outputs: output(7), isCached: true })
    assert.deepEqual((await cache.answer(question(2), day, async () => output(8))).outputs, output(8))
    const { hits, misses, entries } = cache.counts()
    assert.deepEqual({ hits, misses, entries }, { hits: 1, misses: 2, entries: 2 })
  })

  test('of equal questions at the same time one is computed, for all', async t => {
    const cache = await make(t)
    const { asked, compute } = slowModel()
    const answers = Array.from({ length: 5 }, () => cache.answer(question(1), day, compute))
    const other = cache.answer(question(2), day, async () => output(8))
    await until(() => asked.length > 0)
    asked[0]!.resolve(output(7))
    const all = await Promise.all(answers)
    assert.deepEqual(
      all.map(({ isCached }) => isCached),
      [false, true, true, true, true]
    )
    for (const { outputs } of all) assert.deepEqual(outputs, output(7))
    assert.equal((await other).isCached, false)
    assert.equal(asked.length, 1)
  })

  test('a failure goes to all who wait, and the next one asks again', async t => {
    const cache = await make(t)
    const { asked, compute } = slowModel()
    const answers = Array.from({ length: 3 }, () => cache.answer(question(1), day, compute))
    await until(() => asked.length > 0)
    asked[0]!.reject(new MillraceError('MILL_RUN_FAILED', 'no'))
    for (const answer of answers) await assert.rejects(answer, { code: 'MILL_RUN_FAILED' })
    const next = await cache.answer(question(1), day, async () => output(7))
    assert.deepEqual(next, { outputs: output(7), isCached: false })
  })

  test('who waits for one that runs out of time asks again, and the others wait for that', async t => {
    const cache = await make(t)
    const { asked, compute } = slowModel()
    const [first, ...others] = Array.from({ length: 3 }, () => cache.answer(question(1), day, compute))
    await until(() => asked.length > 0)
    asked[0]!.reject(new MillraceError('MILL_DEADLINE_EXCEEDED', 'late'))
    await assert.rejects(first!, { code: 'MILL_DEADLINE_EXCEEDED' })
    await until(() => asked.length > 1)
    asked[1]!.resolve(output(7))
    assert.deepEqual(
      (await Promise.all(others)).map(({ isCached }) => isCached),
      [false, true]
    )
    assert.equal(asked.length, 2)
  })

  test('nothing is looked up or kept for no time at all', async t => {
    const cache = await make(t)
    await cache.answer(question(1), day, async () => output(7))
    for (const ttlMs of [0, -1, NaN]) {
      const answer = await cache.answer(question(1), ttlMs, async () => output(8))
      assert.deepEqual(answer, { outputs: output(8), isCached: false })
      await cache.answer(question(3), ttlMs, async () => output(8))
    }
    assert.equal(cache.counts().entries, 1)
  })

  test('all is forgotten when it is told to', async t => {
    const cache = await make(t)
    await cache.answer(question(1), day, async () => output(7))
    await cache.clear()
    assert.deepEqual(await cache.answer(question(1), day, async () => output(8)), {
      outputs: output(8),
      isCached: false
    })
  })

  test('what was on its way when all was forgotten is answered, and not kept', async t => {
    const cache = await make(t)
    const { asked, compute } = slowModel()
    const answer = cache.answer(question(1), day, compute)
    await until(() => asked.length > 0)
    await cache.clear()
    asked[0]!.resolve(output(7))
    assert.deepEqual((await answer).outputs, output(7))
    assert.equal(cache.counts().entries, 0)
  })
}

describe('a cache in memory', () => {
  contract(() => memoryCache())

  test('an answer is kept for as long as the one who had it computed said', async () => {
    let now = 0
    const cache = memoryCache({ now: () => now })
    await cache.answer(question(1), 1000, async () => output(7))
    now = 999
    assert.equal((await cache.answer(question(1), 1, never)).isCached, true)
    now = 1000
    assert.equal((await cache.answer(question(1), 1, async () => output(8))).isCached, false)
    assert.deepEqual(await cache.answer(question(1), 1, never), { outputs: output(8), isCached: true })
  })

  test('it takes no more than it may: what is not asked for again goes first', async () => {
    const cache = memoryCache({ maxBytes: 20_000 })
    await cache.answer(question(-1), day, async () => output(-1))
    for (let value = 0; value < 1000; value++) {
      await cache.answer(question(value), day, async () => output(value))
      assert.deepEqual(await cache.answer(question(-1), day, never), { outputs: output(-1), isCached: true })
      assert.ok(cache.counts().bytes <= 20_000)
    }
    const { entries, evictions } = cache.counts()
    assert.deepEqual([entries + evictions, evictions > 500], [1001, true])
    for (const value of [990, 999]) await cache.answer(question(value), day, never)
    assert.equal((await cache.answer(question(1), day, async () => output(1))).isCached, false)
  })

  test('who changes an answer changes it for nobody else', async () => {
    const cache = memoryCache()
    const made = output(7)
    await cache.answer(question(1), day, async () => made)
    ;(made[0]!.data as Float64Array)[0] = 8
    const { outputs } = await cache.answer(question(1), day, never)
    assert.deepEqual(outputs, output(7))
    ;(outputs[0]!.data as Float64Array)[0] = 9
    assert.deepEqual((await cache.answer(question(1), day, never)).outputs, output(7))
  })

  test('nothing is taken before there is something to keep, and all is given back', async () => {
    const cache = memoryCache()
    assert.equal(cache.counts().bytes, 0)
    await cache.answer(question(1), day, async () => output(7))
    assert.ok(cache.counts().bytes > 0)
    await cache.clear()
    assert.equal(cache.counts().bytes, 0)
  })

  test('an answer of more than about an eighth of the memory is not kept', async () => {
    const cache = memoryCache({ maxBytes: 80_000 })
    await cache.answer(question(1), day, async () => zeros(9000))
    assert.equal(cache.counts().entries, 1)
    await cache.answer(question(2), day, async () => zeros(10_000))
    assert.equal(cache.counts().entries, 1)
    const texts = [{ name: 'y', datatype: 'BYTES' as const, shape: [1], data: ['x'.repeat(10_000)] }]
    await cache.answer(question(3), day, async () => texts)
    assert.equal(cache.counts().entries, 1)
  })

  test('without memory it computes every time', async () => {
    const cache = memoryCache({ maxBytes: 0 })
    const { asked, compute } = slowModel()
    const answers = [1, 1].map(value => cache.answer(question(value), day, compute))
    assert.equal(asked.length, 2)
    for (const each of asked) each.resolve(output(7))
    for (const { isCached } of await Promise.all(answers)) assert.equal(isCached, false)
  })

  test('memory that cannot be had costs no answer', async t => {
    const log = memoryLog()
    const cache = memoryCache({ maxBytes: 2 ** 20, log })
    const { ArrayBuffer: real } = globalThis
    t.mock.property(
      globalThis,
      'ArrayBuffer',
      new Proxy(real, {
        construct(target, [bytes]: [number]) {
          if (bytes > 10_000) throw new RangeError('Array buffer allocation failed')
          return new target(bytes)
        }
      })
    )
    for (const value of [7, 8]) {
      const answer = await cache.answer(question(1), day, async () => output(value))
      assert.deepEqual(answer, { outputs: output(value), isCached: false })
    }
    assert.deepEqual(log.said, ['there is no memory for answers: none are kept any more'])
    assert.equal(cache.counts().bytes, 0)
  })

  test('a row of a batch is kept without the batch', async () => {
    const cache = memoryCache()
    const batch = new Float64Array(1000)
    const rows = (from: number, to: number): NamedTensor[] => [
      { name: 'y', datatype: 'FP64', shape: [to - from], data: batch.subarray(from, to) }
    ]
    await cache.answer(question(1), day, async () => rows(10, 12))
    await cache.answer(question(2), day, async () => rows(10, 100))
    for (const [value, length] of [
      [1, 2],
      [2, 90]
    ] as const) {
      const { outputs } = await cache.answer(question(value), day, never)
      const data = outputs[0]!.data as Float64Array
      assert.deepEqual([data.length, data.buffer.byteLength], [length, 8 * length])
    }
  })
})

describe('a cache in memory with Redis behind it', { skip: withoutRedis, timeout: 60_000 }, () => {
  contract(cacheBeforeRedis)

  test('what one process has computed another one knows, also after a restart', async t => {
    const server = await startRedis(t)
    const redis = await connectTo(t, server)
    const [here, there] = [redis, await connectTo(t, server)].map(each =>
      memoryCache({ shared: redisAnswerStore(each, { readTimeoutMs: 10_000 }) })
    ) as [ResponseCache, ResponseCache]
    await here.answer(question(1), day, async () => output(7, -0, NaN))
    await until(async () => (await keysIn(redis)).length === 1)
    const known = await there.answer(question(1), day, never)
    assert.deepEqual(known, { outputs: output(7, -0, NaN), isCached: true })
    const { hits, misses, entries } = there.counts()
    assert.deepEqual({ hits, misses, entries }, { hits: 1, misses: 0, entries: 1 })
  })

  test('what somebody else has written under the key of an answer is no answer', async t => {
    const redis = await connectTo(t, await startRedis(t))
    const log = memoryLog()
    const shared = redisAnswerStore(redis, { readTimeoutMs: 10_000 })
    await memoryCache({ shared }).answer(question(1), day, async () => output(7))
    await until(async () => (await keysIn(redis)).length === 1)
    const [key] = await keysIn(redis)
    await redis.send(['SETRANGE', key!, '60', 'xx'])
    const answer = await memoryCache({ shared, log }).answer(question(1), day, async () => output(8))
    assert.deepEqual(answer, { outputs: output(8), isCached: false })
    assert.deepEqual(log.said, ['an answer that is kept for all cannot be used'])
  })

  test('a Redis that is away, hangs or comes back costs no answer', async t => {
    const server = await startRedis(t)
    const redis = await connectTo(t, server)
    const cache = memoryCache({ shared: redisAnswerStore(redis, { readTimeoutMs: 5 }) })
    const ask = async (value: number): Promise<unknown> => {
      const { outputs } = await cache.answer(question(value), day, async () => output(value))
      return outputs
    }
    server.pause()
    for (const value of [1, 2, 3]) assert.deepEqual(await ask(value), output(value))
    server.resume()
    await server.kill()
    await until(() => !redis.isConnected)
    for (const value of [1, 2, 4, 5]) assert.deepEqual(await ask(value), output(value))
    await server.start()
    await until(() => redis.isConnected)
    let value = 6
    await until(async () => {
      assert.deepEqual(await ask(++value), output(value))
      return (await keysIn(redis)).length > 0
    })
    assert.equal(cache.counts().misses, cache.counts().entries)
  })
})

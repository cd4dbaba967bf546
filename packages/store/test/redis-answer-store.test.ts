import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { redisAnswerStore } from '../src/index.ts'
import { connectTo, startRedis, withoutRedis } from './redis-server.ts'
import { until } from './until.ts'

/** A Redis that answers when it is told to, and remembers what it was sent. */
function stubbornRedis() {
  const sent: { args: readonly (string | Buffer)[]; answer: PromiseWithResolvers<unknown> }[] = []
  return {
    isConnected: true,
    sent,
    send(args: readonly (string | Buffer)[]): Promise<unknown> {
      const answer = Promise.withResolvers<unknown>()
      sent.push({ args, answer })
      return answer.promise
    }
  }
}

const bytes = Uint8Array.of(1, 2, 3)
const nothing = undefined

describe('answers in Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('an answer is kept for as long as it may be, and forgotten with all others', async t => {
    const redis = await connectTo(t, await startRedis(t))
    const store = redisAnswerStore(redis, { readTimeoutMs: 10_000 })
    assert.equal(await store.get('a'), nothing)
    // More than one round of `clear`.
    for (let answer = 0; answer < 1200; answer++) store.set(`a${answer}`, Uint8Array.of(answer), 60_000.7)
    await redis.send(['SET', 'millrace:answers', 'x'])
    const kept = await store.get('a7')
    assert.deepEqual([...kept!.bytes], [7])
    assert.ok(kept!.ttlMs! > 0 && kept!.ttlMs! <= 60_000, `${kept!.ttlMs}`)
    await store.clear()
    assert.deepEqual(await redis.send(['KEYS', 'millrace:answer*']), ['millrace:answers'])
  })

  test('an answer that was made to stay has no end', async t => {
    const redis = await connectTo(t, await startRedis(t))
    await redis.send(['SET', 'millrace:answer:a', 'x'])
    const kept = await redisAnswerStore(redis, { readTimeoutMs: 10_000 }).get('a')
    assert.deepEqual([[...kept!.bytes], kept!.ttlMs], [[0x78], nothing])
  })

  test('a Redis that hangs knows nothing, and is asked again once it goes on', async t => {
    const server = await startRedis(t)
    const redis = await connectTo(t, server, { commandTimeoutMs: 30_000 })
    const store = redisAnswerStore(redis, { readTimeoutMs: 50 })
    store.set('a', bytes, 60_000)
    server.pause()
    assert.equal(await store.get('a'), nothing)
    server.resume()
    await until(async () => (await store.get('a')) !== nothing)
  })

  test('a Redis that is killed knows nothing, and clearing it fails', async t => {
    const server = await startRedis(t)
    const redis = await connectTo(t, server)
    const store = redisAnswerStore(redis)
    await server.kill()
    await until(() => !redis.isConnected)
    assert.equal(await store.get('a'), nothing)
    await assert.rejects(store.clear(), { code: 'MILL_STORE_FAILED' })
  })
})

test('a Redis that is away is not asked', async () => {
  const redis = stubbornRedis()
  redis.isConnected = false
  const store = redisAnswerStore(redis)
  assert.equal(await store.get('a'), nothing)
  store.set('a', bytes, 1000)
  assert.deepEqual(redis.sent, [])
})

test('a read that takes too long is given up, and nothing is asked or written until it is answered', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const redis = stubbornRedis()
  const store = redisAnswerStore(redis, { readTimeoutMs: 20 })
  const late = store.get('a')
  const alsoLate = store.get('b')
  t.mock.timers.tick(19)
  assert.equal(redis.sent.length, 4)
  t.mock.timers.tick(1)
  assert.deepEqual(await Promise.all([late, alsoLate]), [nothing, nothing])
  assert.equal(await store.get('a'), nothing)
  store.set('a', bytes, 1000)
  assert.equal(redis.sent.length, 4)
  for (const { answer } of redis.sent.slice(0, 2)) answer.resolve(null)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(await store.get('a'), nothing)
  assert.equal(redis.sent.length, 4)
  for (const { answer } of redis.sent.slice(2)) answer.reject(new Error('gone'))
  await new Promise(resolve => setImmediate(resolve))
  void store.get('a')
  assert.equal(redis.sent.length, 6)
})

test('an answer that expires between the two questions about it is none', async () => {
  const redis = stubbornRedis()
  const found = redisAnswerStore(redis).get('a')
  redis.sent[0]!.answer.resolve(Buffer.from('x'))
  redis.sent[1]!.answer.resolve(-2)
  assert.equal(await found, nothing)
})

test('answers on their way to Redis take no more memory than they may; what is more is dropped', async () => {
  const redis = stubbornRedis()
  const store = redisAnswerStore(redis, { writingBytes: 4000 })
  const kilobyte = new Uint8Array(1000)
  for (const name of ['a', 'b', 'c']) store.set(name, kilobyte, 1000)
  assert.equal(redis.sent.length, 2)
  redis.sent[0]!.answer.reject(new Error('gone'))
  await new Promise(resolve => setImmediate(resolve))
  for (const name of ['c', 'd']) store.set(name, kilobyte, 1000)
  assert.deepEqual(
    redis.sent.map(({ args }) => args[1]),
    ['a', 'b', 'c'].map(name => `millrace:answer:${name}`)
  )
})

test('options that make no sense are refused', () => {
  assert.throws(() => redisAnswerStore(stubbornRedis(), { readTimeoutMs: 0 }), { code: 'MILL_OPTION_INVALID' })
  assert.throws(() => redisAnswerStore(stubbornRedis(), { writingBytes: -1 }), { code: 'MILL_OPTION_INVALID' })
})

import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import {
  fallbackPendingStore,
  memoryPendingStore,
  type PendingPrediction,
  redisPendingStore,
  type RedisOptions
} from '../src/index.ts'
import { pendingStoreContract } from './pending-store-contract.ts'
import { connectTo, startRedis, withoutRedis } from './redis-server.ts'
import { until } from './until.ts'

const limits = { ttlMs: 60_000, limit: 100 }
const now = Date.UTC(2030, 0, 1)

function prediction(predictionId: string): PendingPrediction {
  return { predictionId, learner: 'linear', features: new Uint8Array([1, 2, 3]), prediction: 1.5, madeAt: now }
}

async function withFallback(context: TestContext, server: { port: number }, options: RedisOptions = {}) {
  const redis = await connectTo(context, server, options)
  const [shared, embedded] = [redisPendingStore(redis, limits), memoryPendingStore(limits)]
  return { redis, shared, embedded, pending: fallbackPendingStore({ redis, shared, embedded, patienceMs: 50 }) }
}

describe('pending predictions in Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  pendingStoreContract('redis', async (context, options) => {
    return redisPendingStore(await connectTo(context, await startRedis(context)), options)
  })

  pendingStoreContract('redis with a fallback', async (context, options) => {
    const redis = await connectTo(context, await startRedis(context))
    const [shared, embedded] = [redisPendingStore(redis, options), memoryPendingStore(options)]
    return fallbackPendingStore({ redis, shared, embedded })
  })

  test('each prediction is a key that expires by itself', async t => {
    const redis = await connectTo(t, await startRedis(t))
    await redisPendingStore(redis, limits).put({ ...prediction('p1'), learner: 'a:b%' })
    const ttl = Number(await redis.send(['PTTL', 'pending:a%3Ab%25:p1']))
    assert.ok(ttl > limits.ttlMs / 2 && ttl <= limits.ttlMs, String(ttl))
  })

  test('an expired prediction leaves its place to another', async t => {
    const redis = await connectTo(t, await startRedis(t))
    const pending = redisPendingStore(redis, { ttlMs: 60_000, limit: 3 })
    for (const id of ['a', 'b', 'c']) await pending.put(prediction(id))
    for (const id of ['a', 'b']) await redis.send(['PEXPIRE', `pending:linear:${id}`, '0'])
    await pending.put(prediction('d'))
    assert.equal(await pending.count('linear'), 2)
    assert.ok(await pending.get('linear', 'c', now))
  })

  test('while Redis is away predictions are put and found, and labels for those in Redis are to be sent again', async t => {
    const server = await startRedis(t, { persistence: 'appendonly' })
    const { pending, redis } = await withFallback(t, server)
    await pending.put(prediction('there'))
    await server.kill()
    await until(() => !redis.isConnected)
    await pending.put(prediction('here'))
    assert.deepEqual(await pending.get('linear', 'here', now), prediction('here'))
    await assert.rejects(pending.get('linear', 'there', now), { code: 'MILL_STORE_FAILED' })
    await pending.remove('linear', 'here')
    assert.equal(await pending.count('linear'), 0)
    await server.start()
    await until(() => redis.isConnected)
    assert.deepEqual(await pending.get('linear', 'there', now), prediction('there'))
    assert.equal(await pending.get('linear', 'here', now), undefined)
    assert.deepEqual(pending.status(), { errors: 0, fallbackPuts: 1 })
  })

  test('a Redis that hangs makes only the first predictions wait, and none for long', async t => {
    const server = await startRedis(t)
    const { pending, redis, shared, embedded } = await withFallback(t, server, {
      commandTimeoutMs: 30_000,
      pingIntervalMs: 1e6
    })
    server.pause()
    await pending.put(prediction('p1'))
    // Redis is not asked again, though the connection still stands.
    await pending.put(prediction('p2'))
    assert.equal(redis.isConnected, true)
    assert.deepEqual(pending.status(), { errors: 1, fallbackPuts: 2 })
    assert.equal(await embedded.count('linear'), 2)
    server.resume()
    await until(async () => {
      await pending.put(prediction('p3'))
      return (await shared.get('linear', 'p3', now)) !== undefined
    })
  })
})

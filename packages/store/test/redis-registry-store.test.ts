import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fallbackRegistryStore, memoryRegistryStore, redisRegistryStore, watchRegistry } from '../src/index.ts'
import { connectTo, startRedis, withoutRedis } from './redis-server.ts'
import { registryStoreContract } from './registry-store-contract.ts'
import { until } from './until.ts'

const entry = { kind: 'learner', name: 'a', value: { n: 1 } }

describe('the registry in Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  registryStoreContract('redis', async context =>
    redisRegistryStore(await connectTo(context, await startRedis(context)))
  )
  registryStoreContract('redis with a fallback', async context => {
    const shared = redisRegistryStore(await connectTo(context, await startRedis(context)))
    return fallbackRegistryStore({ shared, embedded: memoryRegistryStore() })
  })

  test('changes are heard of by others, also after Redis was away', async t => {
    const server = await startRedis(t)
    const [here, there] = [await connectTo(t, server), await connectTo(t, server)]
    const heard: unknown[] = []
    const stop = watchRegistry(there, change => heard.push(change))
    const registry = redisRegistryStore(here)
    await until(async () => ((await here.send(['PUBSUB', 'NUMSUB', 'registry:changes'])) as unknown[])[1] === 1)
    await registry.put({ kind: 'k\uD800', name: 'a:"b"', value: 1 }, 0)
    await registry.put({ kind: 'k', name: 'refused', value: 1 }, 7)
    await until(() => heard.length > 0)
    await server.kill()
    await until(() => !here.isConnected && !there.isConnected)
    await server.start()
    await until(() => here.isConnected && there.isConnected)
    await until(async () => ((await here.send(['PUBSUB', 'NUMSUB', 'registry:changes'])) as unknown[])[1] === 1)
    await registry.put(entry)
    await until(() => heard.length > 1)
    assert.deepEqual(heard, [
      { kind: 'k\uD800', name: 'a:"b"' },
      { kind: 'learner', name: 'a' }
    ])
    stop()
  })

  test('while Redis is away the last that is known is read, and nothing is written', async t => {
    const server = await startRedis(t)
    const redis = await connectTo(t, server)
    const other = redisRegistryStore(await connectTo(t, server))
    const registry = fallbackRegistryStore({ shared: redisRegistryStore(redis), embedded: memoryRegistryStore() })
    await other.put(entry)
    await registry.put({ ...entry, name: 'b', value: 2 })
    await registry.get('learner', 'a')
    await server.kill()
    await until(() => !redis.isConnected)
    assert.deepEqual(await registry.get('learner', 'a'), { ...entry, revision: 1 })
    assert.deepEqual(
      (await registry.list('learner')).map(({ name }) => name),
      ['a', 'b']
    )
    assert.equal(await registry.get('learner', 'unknown'), undefined)
    await assert.rejects(registry.put({ ...entry, value: 3 }), { code: 'MILL_STORE_FAILED' })
    assert.deepEqual(await registry.get('learner', 'a'), { ...entry, revision: 1 })
  })

  test('entries that Redis has lost are put back with their revisions', async t => {
    const redis = await connectTo(t, await startRedis(t))
    const registry = fallbackRegistryStore({ shared: redisRegistryStore(redis), embedded: memoryRegistryStore() })
    for (const value of [1, 2, 3]) await registry.put({ ...entry, value })
    await redis.send(['FLUSHALL'])
    assert.equal(await registry.put({ ...entry, value: 9 }, 0), undefined)
    assert.equal((await registry.put({ ...entry, value: 4 }, 3))?.revision, 4)
    await redis.send(['FLUSHALL'])
    assert.deepEqual(await registry.list('learner'), [{ ...entry, value: 4, revision: 4 }])
    assert.deepEqual(await redisRegistryStore(redis).get('learner', 'a'), { ...entry, value: 4, revision: 4 })
  })
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withoutRedis } from '../../packages/store/test/redis-server.ts'
import { get } from '../e2e/program.ts'
import { killRedis, startRedisLoad } from './redis-load.ts'

for (const [persistence, what] of [
  ['appendonly', 'keeps everything'],
  ['nothing', 'forgets everything']
] as const) {
  test(`a Redis that is killed during load and ${what} costs no prediction and no value`, { skip: withoutRedis }, t =>
    killRedis(t, persistence, 2)
  )
}

test('a Redis that hangs costs no prediction and no value', { skip: withoutRedis }, async t => {
  const { redis, addresses, added, finish } = await startRedisLoad(t, 'nothing')
  await added(20)
  redis.pause()
  await added(20)
  const health = (await get(`${addresses.features}/health`)).body as Record<string, unknown>
  assert.deepEqual([health['status'], health['storage']], ['degraded', 'sqlite'])
  redis.resume()
  await added(20)
  await finish()
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectTo, startRedis, withoutRedis } from '../../packages/store/test/redis-server.ts'
import { get, post, startProgram, temporaryFolder } from './program.ts'

/** POST /add, and where the reply says that the value is kept. */
async function add(url: string, value: number) {
  const headers = { 'content-type': 'application/json' }
  const body = JSON.stringify({ series_id: 'a', value, observation_id: `value ${value}` })
  const response = await fetch(`${url}/add`, { method: 'POST', headers, body })
  const { features } = (await response.json()) as { features: Record<string, number> }
  const { headers: told } = response
  return {
    latest: features['in_1'],
    storage: told.get('x-millrace-storage'),
    degraded: told.get('x-millrace-degraded')
  }
}

test('series live in Redis, go on without it, and are all there when it is back', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const env = {
    PORT: '0',
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: String(redis.port),
    MILLRACE_DATA_DIR: temporaryFolder(t)
  }
  const program = startProgram(t, ['serve', 'features'], env)
  const url = String((await program.entry('service is ready'))['url'])
  const health = async () => (await get(`${url}/health`)).body as Record<string, unknown>
  await program.line(line =>
    line.includes(`REDIS CONNECTED: Using Redis at 127.0.0.1:${redis.port} for persistent lag`)
  )
  assert.deepEqual(await add(url, 112), { latest: 0, storage: 'redis', degraded: null })

  await redis.kill()
  assert.deepEqual(await add(url, 118), { latest: 112, storage: 'sqlite', degraded: 'redis' })
  assert.deepEqual(await add(url, 118), { latest: 112, storage: 'sqlite', degraded: 'redis' })
  const away = await health()
  assert.deepEqual([away['status'], away['redis_connected'], away['unreconciled']], ['degraded', false, 1])
  assert.match(String((await get(`${url}/metrics`)).body), /^millrace_redis_connected 0$/m)

  await redis.start()
  await program.line(line => line.includes('REDIS RECONCILED'))
  assert.deepEqual(await add(url, 132), { latest: 118, storage: 'redis', degraded: null })
  const connection = await connectTo(t, redis)
  assert.deepEqual(await connection.send(['LRANGE', 'series:a:values', '0', '-1']), ['132', '118', '112'])
  const back = await health()
  assert.deepEqual([back['status'], back['storage'], back['unreconciled']], ['healthy', 'redis', 0])
  program.child.kill('SIGTERM')
  assert.deepEqual(await program.exit, { code: 0, signal: null })
})

test('a Redis that is not there keeps nothing from starting and learning', async t => {
  const env = { PORT: '0', REDIS_URL: 'redis://127.0.0.1:3', MILLRACE_DATA_DIR: temporaryFolder(t) }
  const program = startProgram(t, ['serve', 'model'], env)
  const url = String((await program.entry('service is ready'))['url'])
  const { status, body } = await post(`${url}/predict`, { features: {} })
  assert.equal(status, 200)
  const { prediction_id } = body as { prediction_id: string }
  assert.equal((await post(`${url}/feedback`, { prediction_id, actual: 1 })).status, 200)
  program.child.kill('SIGTERM')
  assert.deepEqual(await program.exit, { code: 0, signal: null })
})

test('predictions wait for their labels in Redis, where any process finds them', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const env = { PORT: '0', REDIS_URL: `redis://127.0.0.1:${redis.port}`, MILLRACE_DATA_DIR: temporaryFolder(t) }
  const before = startProgram(t, ['serve', 'model'], env)
  const { body } = await post(`${String((await before.entry('service is ready'))['url'])}/predict`, { features: {} })
  const { prediction_id } = body as { prediction_id: string }
  before.child.kill('SIGKILL')
  await before.exit
  const connection = await connectTo(t, redis)
  assert.equal(await connection.send(['EXISTS', `pending:linear_regression:${prediction_id}`]), 1)

  const after = startProgram(t, ['serve', 'model'], env)
  const url = String((await after.entry('service is ready'))['url'])
  const labelled = await post(`${url}/feedback`, { prediction_id, actual: 3 })
  assert.deepEqual(labelled.body, { prediction_id, prediction: 0, actual: 3, error: 3, status: 'learned' })
})

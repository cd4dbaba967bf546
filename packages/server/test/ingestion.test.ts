import assert from 'node:assert/strict'
import { test } from 'node:test'
import { get, ingestion, post } from './services.ts'

test('hands out observations in order, then answers 204 with an empty body for ever', async () => {
  const app = ingestion()
  assert.deepEqual(await get(app, '/next'), {
    status: 200,
    body: { observation_id: 1, input: '1949-01', target: 112, remaining: 2 }
  })
  assert.equal((await app.inject('/next')).json().target, 118)
  assert.equal((await app.inject('/next')).json().remaining, 0)
  for (const attempt of [1, 2]) {
    const reply = await app.inject('/next')
    assert.equal(reply.statusCode, 204, `attempt ${attempt}`)
    assert.equal(reply.body, '')
  }
})

test('status and health tell of the stream without moving it', async () => {
  const app = ingestion()
  await app.inject('/next')
  const status = { current_index: 1, total_observations: 3, remaining: 2, completed: false }
  assert.deepEqual(await get(app, '/status'), { status: 200, body: status })
  assert.deepEqual(await get(app, '/health'), { status: 200, body: { status: 'healthy', total_observations: 3 } })
  assert.deepEqual(await get(app, '/status'), { status: 200, body: status })
})

test('reset starts again from the first observation', async () => {
  const app = ingestion()
  await app.inject('/next')
  const reply = await post(app, '/reset', '')
  assert.deepEqual(reply, {
    status: 200,
    body: { message: 'Stream reset to beginning', total_observations: 3 }
  })
  assert.equal((await app.inject('/next')).json().observation_id, 1)
})

test('reset takes no body, an empty form and no content type alike', async () => {
  const app = ingestion()
  const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '0' }
  assert.equal((await app.inject({ method: 'POST', url: '/reset' })).statusCode, 200)
  assert.equal((await app.inject({ method: 'POST', url: '/reset', headers: form })).statusCode, 200)
})

test('HEAD uses up no observation', async () => {
  const app = ingestion()
  const reply = await app.inject({ method: 'HEAD', url: '/next' })
  assert.equal(reply.statusCode, 405)
  assert.equal(reply.headers['allow'], 'GET')
  assert.equal((await app.inject('/status')).json().current_index, 0)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { App } from '../src/app-type.ts'
import { get, ingestion, post } from './services.ts'

test('hands out observations in order, then answers 204 with an empty body for ever', async () => {
  const app = ingestion()
  assert.deepEqual(await get(app, '/next'), {
    status: 200,
    body: { observation_id: 1, input: '1949-01', target: 112, remaining: 2, observation_key: 'test/0/0' }
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

/** The next observation, without moving on. */
async function hold(app: App): Promise<Record<string, unknown>> {
  return (await app.inject({ url: '/next', headers: { 'x-millrace-delivery': 'hold' } })).json()
}

test('an observation that is held comes again until it is committed', async () => {
  const app = ingestion()
  const first = await hold(app)
  assert.deepEqual(first, {
    observation_id: 1,
    input: '1949-01',
    target: 112,
    remaining: 2,
    observation_key: 'test/0/0',
    held: true
  })
  assert.deepEqual(await hold(app), first)
  const { observation_id, observation_key } = first
  const committed = { status: 200, body: { observation_id, observation_key, status: 'committed' } }
  assert.deepEqual(await post(app, '/commit', { observation_id, observation_key }), committed)
  assert.equal((await hold(app))['observation_id'], 2)
  assert.deepEqual(await post(app, '/commit', { observation_id, observation_key }), committed)
  assert.equal((await hold(app))['observation_id'], 2)
})

test('a reset gives every observation another key, and a commit of before moves nothing', async () => {
  const app = ingestion()
  const { observation_id, observation_key } = await hold(app)
  await post(app, '/reset', '')
  assert.equal((await post(app, '/commit', { observation_id, observation_key })).status, 200)
  const again = await hold(app)
  assert.equal(again['observation_id'], observation_id)
  assert.notEqual(again['observation_key'], observation_key)
})

test('there is nothing to hold at the end of the stream', async () => {
  const app = ingestion()
  for (let i = 0; i < 3; i++) await app.inject('/next')
  assert.equal((await app.inject({ url: '/next', headers: { 'x-millrace-delivery': 'hold' } })).statusCode, 204)
})

test('an unknown kind of delivery is refused, and moves nothing', async () => {
  const app = ingestion()
  const reply = await app.inject({ url: '/next', headers: { 'x-millrace-delivery': 'keep' } })
  assert.equal(reply.statusCode, 422)
  assert.deepEqual(reply.json().detail, [
    { type: 'literal_error', loc: ['header', 'x-millrace-delivery'], msg: 'Input should be hold' }
  ])
  assert.equal((await hold(app))['observation_id'], 1)
})

test('a commit needs the key of an observation of this stream', async () => {
  const app = ingestion()
  await hold(app)
  for (const body of [
    { observation_id: 1 },
    { observation_id: 0, observation_key: 'test/0/0' },
    { observation_id: 2, observation_key: 'test/0/0' },
    { observation_id: 1, observation_key: 'other/0/0' },
    { observation_id: 1, observation_key: '' }
  ]) {
    assert.equal((await post(app, '/commit', body)).status, 422, JSON.stringify(body))
  }
  assert.equal((await hold(app))['observation_id'], 1)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { buildApp, buildModel, createLogger } from '../src/index.ts'
import { freshLearner } from './fresh-learner.ts'
import { common, features, ingestion, send } from './services.ts'

test('an unknown path is 404, a known one with another method 405 with Allow', async () => {
  const app = features()
  const unknown = await app.inject('/nothing')
  assert.equal(unknown.statusCode, 404)
  assert.deepEqual(unknown.json(), {
    code: 'MILL_ROUTE_NOT_FOUND',
    message: 'there is nothing at this path',
    details: {},
    detail: 'Not Found'
  })
  const wrong = await app.inject({ method: 'DELETE', url: '/series/a%2Fb?x=/' })
  assert.equal(wrong.statusCode, 405)
  assert.equal(wrong.headers['allow'], 'GET, HEAD')
  assert.equal(wrong.json().code, 'MILL_METHOD_NOT_ALLOWED')
  assert.equal(wrong.json().detail, 'Method Not Allowed')
})

test('a wrong path or method is told before a wrong body', async () => {
  const app = features()
  const bad = { payload: '{', headers: { 'content-type': 'text/plain' } }
  assert.equal((await app.inject({ method: 'POST', url: '/nothing', ...bad })).statusCode, 404)
  assert.equal((await app.inject({ method: 'PUT', url: '/add', ...bad })).statusCode, 405)
})

test('OPTIONS answers the methods of the path, HEAD as GET without the body', async () => {
  const app = ingestion()
  const options = await app.inject({ method: 'OPTIONS', url: '/status' })
  assert.equal(options.statusCode, 204)
  assert.equal(options.headers['allow'], 'GET, HEAD')
  const head = await app.inject({ method: 'HEAD', url: '/status' })
  assert.equal(head.statusCode, 200)
  assert.equal(head.body, '')
  assert.equal((await app.inject({ method: 'OPTIONS', url: '/nothing' })).statusCode, 404)
})

test('a trailing slash and the prefix /api change nothing', async () => {
  const app = ingestion()
  for (const url of ['/status', '/status/', '/api/status', '/api/status/', '/api/status?a=b']) {
    assert.equal((await app.inject(url)).statusCode, 200, url)
  }
  for (const url of ['/api', '/apistatus', '/api/api/status', '/api?x']) {
    assert.equal((await app.inject(url)).statusCode, 404, url)
  }
})

test('a path that is not percent-encoded UTF-8 is 400 and one that is too long 414', async () => {
  const app = features()
  for (const url of ['/series/%', '/series/%zz', '/series/%ED%A0%80', '/api/series/%FF']) {
    const reply = await app.inject(url)
    assert.equal(reply.statusCode, 400, url)
    assert.equal(reply.json().code, 'MILL_REQUEST_INVALID')
    assert.ok(reply.headers['x-request-id'])
  }
  const reply = await app.inject(`/series/${'x'.repeat(20_000)}`)
  assert.equal(reply.statusCode, 414)
  assert.equal(reply.json().code, 'MILL_REQUEST_INVALID')
})

test('the request id is taken if it is printable and at most 128 characters, else made', async () => {
  const app = ingestion()
  const idFor = async (given?: string) => {
    const reply = await app.inject({ url: '/health', headers: given === undefined ? {} : { 'x-request-id': given } })
    return String(reply.headers['x-request-id'])
  }
  const made = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
  assert.equal(await idFor('abc-123'), 'abc-123')
  assert.equal(await idFor('x'.repeat(128)), 'x'.repeat(128))
  for (const bad of [undefined, '', 'x'.repeat(129), 'caf\u00e9', 'a\tb']) assert.match(await idFor(bad), made)
  assert.notEqual(await idFor(), await idFor())
})

test('an unexpected error is 500 without its text, and is logged with it', async () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: line => void lines.push(line) } })
  const app = buildApp({ ...common, logger, service: 'test' })
  app.get('/broken', async () => {
    throw new Error('password is hunter2')
  })
  app.get('/state', async () => {
    throw new MillraceError('MILL_STATE_INVALID', 'cannot read /var/secret', { details: { file: '/var/secret' } })
  })
  for (const url of ['/broken', '/state']) {
    const reply = await app.inject({ url, headers: { 'x-request-id': 'r-1' } })
    assert.equal(reply.statusCode, 500)
    assert.doesNotMatch(reply.body, /hunter2|secret/)
    assert.deepEqual(Object.keys(reply.json()), ['code', 'message', 'details', 'detail'])
  }
  const [failed, completed] = lines.map(line => JSON.parse(line))
  assert.equal(failed.msg, 'request failed')
  assert.equal(failed.request_id, 'r-1')
  assert.match(failed.err.stack, /hunter2/)
  assert.equal(completed.msg, 'request completed')
  assert.equal(completed.status, 500)
})

test('a 503 says when to ask again, other failures do not', async () => {
  const app = buildApp({ ...common, service: 'test' })
  app.get<{ Params: { code: 'MILL_OVERLOADED' | 'MILL_MODEL_NOT_FOUND' } }>('/:code', async ({ params }) => {
    throw new MillraceError(params.code, 'why')
  })
  const after = async (code: string) => (await app.inject(`/${code}`)).headers['retry-after']
  assert.equal(await after('MILL_OVERLOADED'), '1')
  assert.equal(await after('MILL_MODEL_NOT_FOUND'), undefined)
})

test('each request is one log line without query, body or values', async () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: line => void lines.push(line) } })
  const app = buildApp({ ...common, logger, service: 'test' })
  app.post('/echo/:id', async () => ({ answer: 4711 }))
  await app.inject({
    method: 'POST',
    url: '/echo/a?token=4712',
    payload: { value: 4713 },
    headers: { 'x-request-id': 'r-2' }
  })
  assert.equal(lines.length, 1)
  assert.doesNotMatch(lines[0]!, /471\d/)
  const { level, time, ms, ...line } = JSON.parse(lines[0]!)
  assert.equal(level, 30)
  assert.ok(Date.parse(time) > 0 && ms >= 0)
  assert.deepEqual(line, {
    service: 'test',
    request_id: 'r-2',
    method: 'POST',
    route: '/echo/:id',
    path: '/echo/a',
    status: 200,
    msg: 'request completed'
  })
})

test('a storage that fails is logged when that begins and when it is over, not for each request', async () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: line => void lines.push(line) } })
  const full = new MillraceError('MILL_STORE_FAILED', 'the disk is full')
  let isFull = true
  const inner = await freshLearner('linear_regression')
  const learn: typeof inner.learn = async observation => {
    if (isFull && observation.observationId !== 'known') throw full
    return inner.learn(observation)
  }
  const app = buildModel({ ...common, logger, learner: { ...inner, learn } })
  const train = async (observation_id?: string) =>
    (await send(app, '/train', { features: {}, target: 1, ...(observation_id && { observation_id }) })).status
  await inner.learn({ features: {}, target: 1, observationId: 'known' })
  assert.deepEqual([await train(), await train(), await train('known'), await train()], [503, 503, 200, 503])
  isFull = false
  assert.deepEqual([await train(), await train()], [200, 200])
  const told = lines.map(line => JSON.parse(line)).filter(({ msg }) => msg !== 'request completed')
  assert.deepEqual(
    told.map(({ level, msg, route, failures, err }) => [level, msg, route, failures, err?.message]),
    [
      [50, 'requests fail', 'POST /train', undefined, 'the disk is full'],
      [30, 'requests succeed again', 'POST /train', 3, undefined]
    ]
  )
})

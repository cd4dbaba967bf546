import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, before, test } from 'node:test'
import { createLogger } from '../src/index.ts'
import { features } from './services.ts'

const app = features()
let port = 0

before(async () => {
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
})
after(() => app.close())

/** Sends raw bytes and reads until the server hangs up. */
function raw(text: string, to = port): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = ''
    const socket = connect(to, '127.0.0.1', () => socket.write(text))
    socket.setEncoding('utf8')
    socket.on('data', chunk => (reply += chunk))
    socket.on('end', () => resolve(reply))
    socket.on('error', reject)
  })
}

function failedBody(reply: string): { code: string; message: string; details: object; detail: string } {
  return JSON.parse(reply.slice(reply.indexOf('\r\n\r\n')))
}

test('what is not HTTP is answered 400 in the usual shape', async () => {
  for (const text of ['nonsense\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET /\u0000 HTTP/1.1\r\nHost: x\r\n\r\n']) {
    const reply = await raw(text)
    assert.match(reply, /^HTTP\/1\.1 400 Bad Request\r\n/)
    assert.match(reply, /\r\nX-Request-ID: [0-9a-f-]{36}\r\n/)
    assert.deepEqual(failedBody(reply), {
      code: 'MILL_REQUEST_INVALID',
      message: 'Bad Request',
      details: {},
      detail: 'Bad Request'
    })
  }
})

test('an HTTP/1.1 request without Host is answered 400 in the usual shape', async () => {
  const reply = await raw('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n')
  assert.match(reply, /^HTTP\/1\.1 400 Bad Request\r\n/)
  assert.equal(failedBody(reply).code, 'MILL_REQUEST_INVALID')
  assert.match(await raw('GET /health HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /)
})

test('CONNECT is answered 405 in the usual shape', async () => {
  const reply = await raw('CONNECT example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n')
  assert.match(reply, /^HTTP\/1\.1 405 Method Not Allowed\r\n/)
  assert.equal(failedBody(reply).code, 'MILL_METHOD_NOT_ALLOWED')
})

const add = (body: string) =>
  `POST /add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`

const statusesIn = (replies: string) => [...replies.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))

test('what was asked before something unreadable is answered first', async () => {
  const series = '{"series_id": "before", "value": 1}'
  assert.deepEqual(statusesIn(await raw(`${add(series)}${add(series)}nonsense\r\n\r\n`)), [200, 200, 400])
  const broken =
    'POST /add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'
  assert.deepEqual(statusesIn(await raw(`${add(series)}${broken}`)), [200, 400])
})

test('a connection stays open after a body that is refused', async () => {
  const last = 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const plain = add('{}').replace('application/json', 'text/plain')
  assert.deepEqual(statusesIn(await raw(`${add('{')}${add('{}')}${plain}${last}`)), [422, 422, 415, 200])
})

test('a client that breaks off harms nobody', async () => {
  const alone = features() // made here, so that what goes wrong in it fails this test
  const address = await alone.listen({ host: '127.0.0.1', port: 0 })
  for (const text of ['CONNECT example.com:80 HTTP/1.1\r\nHost: x\r\n\r\n', 'nonsense\r\n\r\n']) {
    for (let turn = 0; turn < 50; turn++) {
      const connected = once(alone.server, 'connection')
      const socket = connect(Number(new URL(address).port), '127.0.0.1', () => {
        socket.write(text, () => socket.resetAndDestroy())
      })
      const [serverSide] = (await connected) as [Socket]
      await new Promise(resolve => serverSide.once('close', resolve))
    }
  }
  assert.equal((await fetch(`${address}/health`)).status, 200)
  await alone.close()
})

test('an expectation that is not known is passed over', async () => {
  const reply = await raw('GET /health HTTP/1.1\r\nHost: x\r\nExpect: wonders\r\nConnection: close\r\n\r\n')
  assert.match(reply, /^HTTP\/1\.1 200 /)
})

test('what cannot be read as HTTP is counted and logged', async () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', destination: { write: line => void lines.push(line) } })
  const logged = features(3, logger)
  const address = await logged.listen({ host: '127.0.0.1', port: 0 })
  const reply = await raw('nonsense\r\n\r\n', Number(new URL(address).port))
  const { body } = await logged.inject('/metrics')
  await logged.close()
  assert.match(
    body,
    /^millrace_http_requests_total\{service="features",method="unknown",route="unmatched",status="400"\} 1$/m
  )
  const { level, time, ms, ...line } = JSON.parse(lines.find(each => each.includes('request completed'))!)
  assert.ok(level === 30 && time !== undefined && ms === 0)
  assert.match(reply, new RegExp(`X-Request-ID: ${line.request_id}`))
  assert.deepEqual(line, {
    service: 'features',
    request_id: line.request_id,
    method: 'unknown',
    route: 'unmatched',
    path: '',
    status: 400,
    msg: 'request completed'
  })
})

test('headers that are too long are answered 431 in the usual shape', async () => {
  const reply = await raw(`GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`)
  assert.match(reply, /^HTTP\/1\.1 431 /)
  assert.equal(failedBody(reply).code, 'MILL_REQUEST_INVALID')
})

test('a body declared too large is refused before it is sent', async () => {
  const reply = await raw(
    'POST /add HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 20971520\r\n\r\n{'
  )
  assert.match(reply, /^HTTP\/1\.1 413 /)
  assert.equal(failedBody(reply).code, 'MILL_BODY_TOO_LARGE')
})

test('a body that is too large is read to its end, so that the client that sends it gets the reply', async () => {
  const tooLarge = `POST /add HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20971520\r\n\r\n`
  const next = 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
  const reply = await raw(tooLarge + ' '.repeat(20_971_520) + next)
  assert.match(reply, /^HTTP\/1\.1 413 /)
  assert.match(reply, /HTTP\/1\.1 200 /)
})

test('a body that grows too large in chunks is refused', async () => {
  const body = new ReadableStream({
    start(controller) {
      for (let i = 0; i < 20; i++) controller.enqueue(new Uint8Array(100_000).fill(0x20))
      controller.close()
    }
  })
  const init = { method: 'POST', body, duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit
  const reply = await fetch(`http://127.0.0.1:${port}/add`, init)
  assert.equal(reply.status, 413)
  assert.equal(((await reply.json()) as { code: string }).code, 'MILL_BODY_TOO_LARGE')
})

test('the longest series id fits into a real request', async () => {
  const id = '😀'.repeat(1024)
  const added = await fetch(`http://127.0.0.1:${port}/add`, {
    method: 'POST',
    body: JSON.stringify({ series_id: id, value: 1 }),
    headers: { 'content-type': 'application/json' }
  })
  assert.equal(added.status, 200)
  const reply = await fetch(`http://127.0.0.1:${port}/series/${encodeURIComponent(id)}`)
  assert.equal(reply.status, 200)
  assert.equal(((await reply.json()) as { series_id: string }).series_id, id)
})

test('closing hangs up on idle connections', async () => {
  const closing = features()
  const address = await closing.listen({ host: '127.0.0.1', port: 0 })
  await (await fetch(`${address}/health`)).text() // fetch keeps this connection open
  await closing.close()
  await assert.rejects(fetch(`${address}/health`))
})

test('a request that arrives while the service closes is answered, and is the last of its connection', async () => {
  const closing = features()
  let reply: Promise<string> | undefined
  closing.addHook('preClose', async () => {
    reply = raw('GET /health HTTP/1.1\r\nHost: x\r\n\r\n', Number(new URL(address).port))
    await once(closing.server, 'request')
  })
  const address = await closing.listen({ host: '127.0.0.1', port: 0 })
  await closing.close()
  assert.match((await reply) ?? '', /^HTTP\/1\.1 200 OK\r\n(.+\r\n)*connection: close\r\n/i)
})

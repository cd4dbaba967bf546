import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, test } from 'node:test'
import { features } from './services.ts'

const app = features()
let port = 0

before(async () => {
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
})
after(() => app.close())

/** Sends raw bytes and reads until the server hangs up. */
function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let reply = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
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

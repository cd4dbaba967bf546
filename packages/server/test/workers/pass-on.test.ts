import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createLogger } from '../../src/index.ts'
import { createPassOn } from '../../src/workers/pass-on.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

/** A primary that answers like this, and a worker that passes everything on to it. */
async function passing(t: TestContext, answer: Answer, { read = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-pass-'))
  const path = join(folder, 'primary')
  const primary = createServer({ requireHostHeader: false }, answer).listen(path)
  const passOn = createPassOn(path, createLogger({ level: 'silent' }))
  const worker = createServer({ requireHostHeader: false }, (incoming, response) => {
    if (!read) return passOn.pass(incoming, response)
    void incoming.toArray().then(pieces => passOn.pass(incoming, response, Buffer.concat(pieces)))
  }).listen(0, '127.0.0.1')
  await Promise.all([once(primary, 'listening'), once(worker, 'listening')])
  t.after(() => {
    passOn.close()
    for (const server of [worker, primary]) {
      server.closeAllConnections()
      server.close()
    }
    rmSync(folder, { recursive: true })
  })
  return { primary, port: (worker.address() as AddressInfo).port }
}

/** Send bytes, and have all that comes back until the connection is closed. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.write(text)
  return (await socket.toArray()).join('')
}

/** Answers with what it was asked. */
function echo(incoming: IncomingMessage, response: ServerResponse): void {
  const { method, url, rawHeaders } = incoming
  response.setHeader('x-twice', ['1', '2'])
  const answered = (pieces: Buffer[]): string =>
    JSON.stringify({ method, url, rawHeaders, body: Buffer.concat(pieces).toString() })
  void incoming.toArray().then(pieces => response.writeHead(201, 'Well Made').end(answered(pieces)))
}

function bodyOf(answer: string) {
  const text = /\r\n\r\n(?:[0-9a-f]+\r\n)?(\{.*\})/s.exec(answer)![1]!
  return JSON.parse(text) as { method: string; url: string; rawHeaders: string[]; body: string }
}

for (const read of [false, true]) {
  const how = read ? 'that was read' : 'as it comes'
  test(`a request ${how} goes through unchanged but for what belongs to the connection, and so does the reply`, async t => {
    const { port } = await passing(t, echo, { read })
    const head = 'PUT /a%20b?c=%E4&c=2 HTTP/1.1\r\nHost: me:1\r\nX-Request-ID: r1\r\nx-a: 1\r\nX-A: 2\r\nTE: trailers'
    const answer = await exchange(port, `${head}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody`)
    assert.match(answer, /^HTTP\/1\.1 201 Well Made\r\n/)
    assert.match(answer, /x-twice: 1\r\nx-twice: 2\r\n/)
    assert.equal(answer.match(/^date:/gim)?.length, 1)
    const { method, url, rawHeaders, body } = bodyOf(answer)
    assert.deepEqual([method, url, body], ['PUT', '/a%20b?c=%E4&c=2', 'body'])
    const headers = ['Host', 'me:1', 'X-Request-ID', 'r1', 'x-a', '1', 'X-A', '2', 'Content-Length', '4']
    assert.deepEqual(rawHeaders.slice(0, 10), headers)
    assert.deepEqual(rawHeaders.slice(10), ['Connection', 'keep-alive'])
  })

  test(`a body in chunks ${how} arrives whole`, async t => {
    const { port } = await passing(t, echo, { read })
    const head = 'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close'
    const answer = await exchange(port, `${head}\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`)
    assert.equal(bodyOf(answer).body, 'abcde')
  })
}

test('a POST without a body has none for the primary either', async t => {
  const { port } = await passing(t, echo)
  const answer = await exchange(port, 'POST /reset HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  assert.deepEqual(bodyOf(answer).rawHeaders.slice(0, 4), ['Host', 'x', 'content-length', '0'])
})

test('a client of HTTP/1.0 needs no Host, and one of HTTP/1.1 is not given one', async t => {
  const { port } = await passing(t, echo)
  assert.ok(bodyOf(await exchange(port, 'GET / HTTP/1.0\r\n\r\n')).rawHeaders.includes('localhost'))
  const answer = await exchange(port, 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n')
  assert.deepEqual(bodyOf(answer).rawHeaders, ['Connection', 'keep-alive'])
})

test('HEAD is answered with headers alone', async t => {
  const { port } = await passing(t, (_request, response) => response.setHeader('content-length', '5').end())
  const answer = await exchange(port, 'HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  assert.match(answer, /content-length: 5\r\n/i)
  assert.match(answer, /\r\n\r\n$/)
})

test('a primary that hangs up gets 503 in the usual shape, and the request is not sent again', async t => {
  let asked = 0
  const { port } = await passing(t, incoming => {
    asked++
    incoming.socket.destroy()
  })
  const answer = await exchange(
    port,
    'POST / HTTP/1.1\r\nHost: x\r\nX-Request-ID: r2\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx'
  )
  assert.match(answer, /^HTTP\/1\.1 503 /)
  assert.match(answer, /x-request-id: r2\r\n/)
  const { code, message, details, detail } = JSON.parse(/\{.*\}/.exec(answer)![0]) as Record<string, unknown>
  assert.deepEqual([code, details, detail], ['MILL_MODEL_NOT_READY', {}, message])
  assert.equal(asked, 1)
})

test('a client that goes away takes its request with it', async t => {
  const { promise: gone, resolve } = Promise.withResolvers<void>()
  const { primary, port } = await passing(t, (_request, response) => void response.on('close', resolve))
  const outgoing = request({ port, host: '127.0.0.1' }).on('error', () => undefined)
  outgoing.end()
  await once(primary, 'request')
  outgoing.destroy()
  await gone
})

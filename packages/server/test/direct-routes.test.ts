import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { App } from '../src/app-type.ts'
import { inference } from './services.ts'

const sample = join(import.meta.dirname, '../../../models/tabular_classifier/v3.0')
const folder = mkdtempSync(join(tmpdir(), 'millrace-direct-'))
let app: App
let port = 0

before(async () => {
  cpSync(sample, join(folder, 'tabular_classifier/v3.0'), { recursive: true })
  app = await inference([folder])
  port = Number(new URL(await app.listen({ host: '127.0.0.1', port: 0 })).port)
})
after(async () => {
  await app.close()
  rmSync(folder, { recursive: true })
})

const row = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]
const tensor = { name: 'float_input', shape: [1, 10], datatype: 'FP32', data: row }
const good = JSON.stringify({ id: 'a', inputs: [tensor] })

interface Answer {
  status: number
  headers: Record<string, unknown>
  body: string
}

function ask(path: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, host: '127.0.0.1', path, method: 'POST', headers }, reply => {
      let text = ''
      reply.setEncoding('utf8')
      reply.on('data', (piece: string) => (text += piece))
      reply.on('end', () => resolve({ status: reply.statusCode!, headers: reply.headers, body: text }))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}

/** What may differ: when it was answered, what took how long, and how the connection goes on. */
function comparable({ status, headers, body }: Answer) {
  const { date: _date, 'x-process-time': _time, connection: _connection, 'keep-alive': _alive, ...rest } = headers
  return { status, headers: rest, body }
}

const path = '/v2/models/tabular_classifier/infer'
const requests: [name: string, status: number, path: string, body: string, headers?: Record<string, string>][] = [
  ['a good request', 200, path, good],
  ['a version', 200, '/v2/models/tabular_classifier/versions/v3.0/infer', good],
  ['an alias', 200, '/v2/models/tabular_classifier/versions/default/infer', good],
  ['an encoded name', 200, '/v2/models/%74abular_classifier/infer', good],
  ['an unknown model', 404, '/v2/models/nobody/infer', good],
  ['an unknown version', 404, '/v2/models/tabular_classifier/versions/v9/infer', good],
  ['broken JSON', 400, path, '{"inputs":'],
  ['no body', 400, path, ''],
  ['too few features', 400, path, JSON.stringify({ inputs: [{ ...tensor, shape: [1, 9], data: row.slice(1) }] })],
  ['a header of binary tensors that is none', 400, path, good, { 'inference-header-content-length': 'x' }],
  ['a path that is encoded badly', 400, '/v2/models/%zz/infer', good],
  ['a query', 200, `${path}?test_1=1`, good],
  ['another content type', 200, path, good, { 'content-type': 'text/plain' }]
]

for (const [name, status, asked, body, headers] of requests) {
  test(`${name} is answered past the framework as by it`, async () => {
    const given = { 'x-request-id': 'the-same', ...headers }
    const [direct, routed] = await Promise.all([ask(asked, body, given), ask(`/api${asked}`, body, given)])
    assert.deepEqual(comparable(direct), comparable(routed))
    assert.equal(direct.status, status)
  })
}

test('the answer is that of the model', async () => {
  const { status, headers, body } = await ask(path, good, { 'x-request-id': 'mine' })
  assert.equal(status, 200)
  assert.equal(headers['x-request-id'], 'mine')
  assert.equal(headers['content-length'], String(Buffer.byteLength(body)))
  const reply = JSON.parse(body) as { model_version: string; id: string; outputs: { name: string; data: number[] }[] }
  assert.equal(reply.model_version, 'v3.0')
  assert.equal(reply.id, 'a')
  // What scikit-learn says of this row: class 1 with probability 0.5616.
  assert.deepEqual(reply.outputs.find(({ name }) => name.endsWith('label'))?.data, [1])
})

function wholeRequest(id: string): string {
  const body = JSON.stringify({ id, inputs: [tensor] })
  return `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

test('a body that comes in pieces, and two requests in one piece, are answered in order', async () => {
  const last = wholeRequest('third').replace('Host: x', 'Host: x\r\nConnection: close')
  const socket = connect(port, '127.0.0.1')
  socket.write(wholeRequest('first') + wholeRequest('second') + last.slice(0, -30))
  socket.write(last.slice(-30))
  let text = ''
  for await (const piece of socket) text += String(piece)
  assert.deepEqual(
    [...text.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id),
    ['first', 'second', 'third']
  )
})

test('a chunked body, and one without a host, are left to the framework', async () => {
  const chunked = await ask(path, good, { 'transfer-encoding': 'chunked' })
  assert.equal(chunked.status, 200)
  const socket = connect(port, '127.0.0.1')
  socket.end(`POST ${path} HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  let text = ''
  for await (const piece of socket) text += String(piece)
  assert.match(text, /^HTTP\/1\.1 400 /)
})

/** Requests that were answered well on the route of inference. */
async function count(): Promise<number> {
  const { body } = await app.inject('/metrics')
  const line = /millrace_http_requests_total\{[^}]*route="\/v2\/models\/:model\/infer",status="200"\} (\d+)/.exec(body)
  return Number(line?.[1])
}

test('requests that go past the framework are counted with the others', async () => {
  const counted = await count()
  await ask(path, good)
  await ask(`/api${path}`, good)
  assert.equal(await count(), counted + 2)
})

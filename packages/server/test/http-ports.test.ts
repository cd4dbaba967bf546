import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { httpPorts } from '../src/pipeline/http-ports.ts'

/** Ports to a service on this machine that answers as told, for everything. */
async function portsTo(t: TestContext, answer: RequestListener, timeoutMs = 5000) {
  const server = createServer(answer).listen(0, '127.0.0.1')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
  const ports = httpPorts({ ingestion: url, features: url, models: [{ label: 'Linear', url }] }, { timeoutMs })
  return { url, ports, model: ports.models[0]! }
}

function json(body: unknown, status = 200): RequestListener {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
}

/** Answers, and remembers what was asked. */
function recorded(body: unknown): { asked: string[]; answer: RequestListener } {
  const asked: string[] = []
  const answer = async (request: IncomingMessage): Promise<void> => {
    asked.push(`${request.method} ${request.url} ${request.headers['content-type'] ?? ''} ${await text(request)}`)
  }
  return {
    asked,
    answer: (request, response) => void answer(request).then(() => json(body)(request, response))
  }
}

test('next is the observation with all its fields, or nothing for 204', async t => {
  const observation = { observation_id: 1, input: '1949-01', target: 112, remaining: 743 }
  const { asked, answer } = recorded(observation)
  assert.deepEqual(await (await portsTo(t, answer)).ports.next(), observation)
  assert.deepEqual(asked, ['GET /next  '])
  const exhausted = await portsTo(t, (_request, response) => void response.writeHead(204).end())
  assert.equal(await exhausted.ports.next(), undefined)
})

test('add posts series and value and reads lags, target and how many are known', async t => {
  const { asked, answer } = recorded({ series_id: 's', features: { in_1: 1, in_2: 0 }, target: 2, available_lags: 1 })
  const { ports } = await portsTo(t, answer)
  assert.deepEqual(await ports.add('s', 2), { features: { in_1: 1, in_2: 0 }, target: 2, availableLags: 1 })
  assert.deepEqual(asked, ['POST /add application/json {"series_id":"s","value":2}'])
})

test('a model predicts and learns in one call', async t => {
  const { asked, answer } = recorded({ prediction: 138.7 })
  const { model } = await portsTo(t, answer)
  assert.equal(await model.predictLearn({ in_1: 135 }, 140), 138.7)
  assert.deepEqual(asked, ['POST /predict_learn application/json {"features":{"in_1":135},"target":140}'])
})

test('metrics are those of the default series', async t => {
  const { model } = await portsTo(t, json({ default: { count: 2, mae: 1, mse: 4, rmse: 2, mape: 3 }, model_info: {} }))
  assert.deepEqual(await model.metrics(), { count: 2, mae: 1, rmse: 2, mape: 3 })
})

test('an answer other than documented is an upstream failure that says which', async t => {
  const cases: [RequestListener, RegExp][] = [
    [json({ detail: 'full' }, 500), /\/next: status 500: \{"detail":"full"\}/],
    [json({ target: '112' }), /\/next: the answer has no number target/],
    [json([1]), /\/next: the answer is not the documented JSON object/],
    [(_request, response) => void response.end('<html>'), /\/next: .*not valid JSON/],
    [request => void request.socket.destroy(), /GET http:.*\/next: /]
  ]
  for (const [answer, message] of cases) {
    const { ports } = await portsTo(t, answer)
    await assert.rejects(async () => ports.next(), { code: 'MILL_UPSTREAM_FAILED', message })
  }
})

test('a service that does not answer in time is an upstream failure', async t => {
  const { ports, url } = await portsTo(t, () => undefined, 20)
  await assert.rejects(async () => ports.next(), {
    code: 'MILL_UPSTREAM_FAILED',
    message: `GET ${url}/next: no answer within 0.02 s`
  })
})

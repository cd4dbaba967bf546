import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import type { CallTime } from '../src/pipeline/http-call.ts'
import { httpPorts } from '../src/pipeline/http-ports.ts'

/** Time in which pauses take none, and are remembered. */
function hurriedTime() {
  const pauses: number[] = []
  const time: CallTime = { now: () => 0, pause: async ms => void pauses.push(ms) }
  return { pauses, time }
}

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
  const { pauses, time } = hurriedTime()
  const addresses = { ingestion: url, features: url, models: [{ label: 'Linear', url }] }
  const ports = httpPorts(addresses, { timeoutMs, time })
  return { url, ports, pauses, model: ports.models[0]! }
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
    const { method, url, headers } = request
    const told = [headers['content-type'], headers['x-millrace-delivery'], await text(request)]
    asked.push([method, url, ...told.filter(Boolean)].join(' '))
  }
  return {
    asked,
    answer: (request, response) => void answer(request).then(() => json(body)(request, response))
  }
}

test('an observation is taken without moving on, and known by its key until it is committed', async t => {
  const observation = { observation_id: 1, input: '1949-01', target: 112, remaining: 743 }
  const { asked, answer } = recorded({ ...observation, observation_key: 'sample/0/0', held: true })
  const taken = await (await portsTo(t, answer)).ports.take()
  assert.deepEqual([taken?.observation, taken?.id], [observation, 'sample/0/0'])
  await taken?.commit()
  assert.deepEqual(asked, [
    'GET /next hold',
    'POST /commit application/json {"observation_id":1,"observation_key":"sample/0/0"}'
  ])
})

test('a service that only hands out is taken from as ever, under an id that is new each time', async t => {
  const observation = { observation_id: 1, target: 112, remaining: 743 }
  const { asked, answer } = recorded(observation)
  const { ports } = await portsTo(t, answer)
  const taken = [await ports.take(), await ports.take()]
  for (const each of taken) await each?.commit()
  assert.deepEqual(asked, ['GET /next hold', 'GET /next hold'])
  assert.deepEqual(taken[0]?.observation, observation)
  assert.match(taken[0].id, /^[\da-f-]{36}$/)
  assert.notEqual(taken[0].id, taken[1]?.id)
})

test('204 is the end of the stream', async t => {
  const exhausted = await portsTo(t, (_request, response) => void response.writeHead(204).end())
  assert.equal(await exhausted.ports.take(), undefined)
})

test('add posts series, value and id, and reads lags, target and how many are known', async t => {
  const { asked, answer } = recorded({ series_id: 's', features: { in_1: 1, in_2: 0 }, target: 2, available_lags: 1 })
  const { ports } = await portsTo(t, answer)
  assert.deepEqual(await ports.add('s', 2, 'a'), { features: { in_1: 1, in_2: 0 }, target: 2, availableLags: 1 })
  assert.deepEqual(asked, ['POST /add application/json {"series_id":"s","value":2,"observation_id":"a"}'])
})

test('a model predicts and learns in one call', async t => {
  const { asked, answer } = recorded({ prediction: 138.7 })
  const { model } = await portsTo(t, answer)
  assert.equal(await model.predictLearn({ in_1: 135 }, 140, 'a'), 138.7)
  assert.deepEqual(asked, [
    'POST /predict_learn application/json {"features":{"in_1":135},"target":140,"observation_id":"a"}'
  ])
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
    await assert.rejects(ports.take(), { code: 'MILL_UPSTREAM_FAILED', message })
  }
})

test('a service that does not answer in time is an upstream failure', async t => {
  const { ports, url } = await portsTo(t, () => undefined, 20)
  await assert.rejects(ports.take(), {
    code: 'MILL_UPSTREAM_FAILED',
    message: `GET ${url}/next: no answer within 0.02 s`
  })
})

/** Answers each request with the next of these statuses, and 200 after the last. */
function statuses(...given: number[]): { count(): number; answer: RequestListener } {
  let count = 0
  return {
    count: () => count,
    answer: (request, response) => json({ target: 1, prediction: 2 }, given[count++] ?? 200)(request, response)
  }
}

test('what may pass is asked again, a few times with growing pauses', async t => {
  for (const status of [500, 503, 408, 425, 429]) {
    const service = statuses(status, status, status)
    const { ports, pauses } = await portsTo(t, service.answer)
    assert.equal((await ports.take())?.observation.target, 1)
    assert.equal(service.count(), 4)
    assert.deepEqual(pauses, [100, 300, 600])
  }
  const down = statuses(503, 503, 503, 503)
  const { ports } = await portsTo(t, down.answer)
  await assert.rejects(ports.take(), { code: 'MILL_UPSTREAM_FAILED' })
  assert.equal(down.count(), 4)
})

test('a connection that breaks is asked for again', async t => {
  let count = 0
  const { ports } = await portsTo(t, (request, response) => {
    if (count++ === 0) request.socket.destroy()
    else json({ target: 1 })(request, response)
  })
  assert.equal((await ports.take())?.observation.target, 1)
})

test('what will not pass is asked once', async t => {
  for (const status of [400, 404, 409, 422]) {
    const service = statuses(status)
    const { model } = await portsTo(t, service.answer)
    await assert.rejects(model.predictLearn({}, 1, 'a'), { code: 'MILL_UPSTREAM_FAILED' })
    assert.equal(service.count(), 1)
  }
})

test('pauses end where the time of the call does', async t => {
  const service = statuses(503, 503, 503)
  const { ports, pauses } = await portsTo(t, service.answer, 300)
  await assert.rejects(ports.take(), { code: 'MILL_UPSTREAM_FAILED' })
  assert.deepEqual([service.count(), pauses], [2, [100]])
})

test('only a refusal of what was sent is one', async t => {
  const isRefusal = async (status: number): Promise<boolean> => {
    const { ports, model } = await portsTo(t, json({}, status))
    const error: unknown = await model.predictLearn({}, 1, 'a').catch((thrown: unknown) => thrown)
    return ports.isRefusal(error)
  }
  for (const status of [400, 410, 413, 422]) assert.equal(await isRefusal(status), true, String(status))
  // A wrong address, a proxy, a reader, too much at once; and 200 without a prediction.
  for (const status of [200, 401, 404, 405, 408, 409, 429, 500, 503]) {
    assert.equal(await isRefusal(status), false, String(status))
  }
})

import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { buildCoinbase, type CoinbaseDeps } from '../src/index.ts'
import { common } from './services.ts'

/** Asks the service for a price while a stand-in for the exchange answers with `listener`. */
async function ask(listener: RequestListener, options: Partial<CoinbaseDeps> = {}, targetCurrency = 'XRP') {
  let calls = 0
  const exchange = createServer((request, response) => {
    calls++
    listener(request, response)
  })
  await new Promise<void>(resolve => void exchange.listen(0, '127.0.0.1', resolve))
  const apiUrl = `http://127.0.0.1:${(exchange.address() as AddressInfo).port}/v2/exchange-rates`
  const app = buildCoinbase({ ...common, config: { ...common.config, apiUrl, targetCurrency }, ...options })
  const reply = await app.inject('/next')
  exchange.closeAllConnections()
  await new Promise(resolve => exchange.close(resolve))
  assert.equal(calls, 1)
  return { status: reply.statusCode, text: reply.body, body: reply.json() }
}

function rates(given: unknown): RequestListener {
  return (_request, response) => response.end(JSON.stringify({ data: { currency: 'USD', rates: given } }))
}

test('answers the price of one unit in USD and when it was asked', async () => {
  const moment = Date.parse('2025-09-23T16:15:30.123Z') * 1000 + 456
  const { status, body } = await ask(rates({ XRP: '0.4', BTC: '0.00001' }), { nowMicros: () => moment })
  assert.equal(status, 200)
  assert.deepEqual(body, { series_id: 'XRP', target: 2.5, datetime: '2025-09-23T10:15:30.123456-06:00' })
})

test('asks the configured address once for JSON', async () => {
  let path: string | undefined
  await ask((request, response) => {
    path = `${request.method} ${request.url}`
    rates({ XRP: '2' })(request, response)
  })
  assert.equal(path, 'GET /v2/exchange-rates')
})

const badReplies: [string, RequestListener][] = [
  ['an unknown currency', rates({ BTC: '1' })],
  ['a rate of 0', rates({ XRP: '0' })],
  ['a negative rate', rates({ XRP: '-1' })],
  ['a rate that is not a number', rates({ XRP: 'NaN' })],
  ['an infinite rate', rates({ XRP: '9'.repeat(400) })],
  ['an empty rate', rates({ XRP: '' })],
  ['a rate that is no text', rates({ XRP: 0.4 })],
  ['rates that are no object', rates('XRP')],
  ['no data', (_request, response) => response.end('{}')],
  ['null', (_request, response) => response.end('null')],
  ['no JSON', (_request, response) => response.end('<html>secret-internals</html>')],
  ['an error', (_request, response) => response.writeHead(500).end('secret-internals')],
  ['a broken connection', request => request.socket.destroy()]
]

for (const [what, listener] of badReplies) {
  test(`${what} is 502 without the insides of the exchange`, async () => {
    const { status, text, body } = await ask(listener)
    assert.equal(status, 502)
    assert.equal(body.code, 'MILL_UPSTREAM_FAILED')
    assert.deepEqual(Object.keys(body), ['code', 'message', 'details', 'detail'])
    assert.doesNotMatch(text, /secret|127\.0\.0\.1|fetch|ECONN|node/)
  })
}

test('names that every object has are no currencies', async () => {
  for (const name of ['constructor', '__proto__', 'toString']) {
    assert.equal((await ask(rates({ XRP: '1' }), {}, name)).status, 502)
  }
})

test('an exchange that does not answer in time is 504', async () => {
  const { status, body } = await ask(() => {}, { timeoutMs: 20 })
  assert.equal(status, 504)
  assert.equal(body.message, 'the exchange did not answer within 0.02 s')
})

test('an exchange that cannot be reached is 502', async () => {
  const cause = new Error('getaddrinfo ENOTFOUND secret-host')
  const fetch = () => Promise.reject(new TypeError('fetch failed', { cause }))
  const reply = await buildCoinbase({ ...common, fetch }).inject('/next')
  assert.equal(reply.statusCode, 502)
  assert.doesNotMatch(reply.body, /secret|fetch/)
})

test('health asks nobody', async () => {
  const reply = await buildCoinbase({ ...common, fetch: () => assert.fail('asked') }).inject('/health')
  assert.deepEqual(reply.json(), { status: 'healthy' })
})

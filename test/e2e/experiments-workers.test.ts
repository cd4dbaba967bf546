import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { test, type TestContext } from 'node:test'
import {
  armsOf,
  growthBookArm,
  protocols,
  routeIn,
  row,
  send,
  startExperiment,
  startInference
} from './experiment-server.ts'

const arms = [
  { name: 'a', version: 'v1.0' },
  { name: 'b', version: 'v3.0' }
]
const versions: Record<string, string> = { a: 'v1.0', b: 'v3.0' }
const experiment = { id: 'both', model: 'tabular_classifier', arms, seed: 'processes' }
const armOf = (unit: string) => growthBookArm('processes', unit, ['a', 'b'])!
const tensor = { name: 'float_input', shape: [1, 10], datatype: 'FP32', data: row }

/** A client with one connection, which stays with the worker that it came to. */
function connection(t: TestContext, url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.after(() => agent.destroy())
  return async (unit: string): Promise<[version: unknown, arm: unknown]> => {
    const outgoing = request(`${url}/v2/models/tabular_classifier/infer`, { method: 'POST', agent })
    outgoing.end(JSON.stringify({ id: unit, inputs: [tensor] }))
    const [reply] = (await once(outgoing, 'response')) as [IncomingMessage]
    const text = (await reply.toArray()).join('')
    assert.equal(reply.statusCode, 200, text)
    return [reply.headers['x-model-version'], routeIn(reply.headers['x-route']).arm]
  }
}

/** Requests that each worker and the primary were asked and answered themselves. */
async function requestsByArm(url: string): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await armsOf(url, 'both')).map(([arm, { requests }]) => [arm, requests]))
}

test('with workers, whatever they are asked by, units come to arms as in one process and are counted exactly', async t => {
  const server = await startInference(t, { WORKERS: '2' })
  const clients = Array.from({ length: 8 }, () => connection(t, server.url))
  // Workers answer while nothing is decided.
  for (const client of clients) assert.deepEqual(await client('before'), ['v1.0', undefined])
  await startExperiment(server.url, experiment)
  // Each unit asks over every connection, and so every worker, and at once.
  const units = Array.from({ length: 20 }, (_, index) => `unit ${index}`)
  await Promise.all(
    clients.map(async client => {
      for (const unit of units) assert.deepEqual(await client(unit), [versions[armOf(unit)], armOf(unit)], unit)
    })
  )
  const { ask, close } = protocols(server)
  t.after(close)
  const other = Object.values(ask)
  for (const asked of other) {
    const { arm, version } = await asked(units[0]!)
    assert.deepEqual([version, arm], [versions[armOf(units[0]!)], armOf(units[0]!)])
  }
  const counts = await armsOf(server.url, 'both')
  for (const arm of ['a', 'b']) {
    const own = units.filter(unit => armOf(unit) === arm)
    const more = armOf(units[0]!) === arm ? other.length : 0
    assert.deepEqual(counts[arm], { units: own.length, requests: own.length * clients.length + more })
  }
})

test('a start and a stop are over when all workers heed them, and requests go on meanwhile', async t => {
  const { url } = await startInference(t, { WORKERS: '2' })
  const clients = Array.from({ length: 4 }, () => connection(t, url))
  const over = new AbortController()
  const load = clients.map(async client => {
    for (let index = 0; !over.signal.aborted; index++) await client(`unit ${index % 50}`)
  })
  await startExperiment(url, experiment)
  const asked = 'a b c d e f g h'.split(' ')
  const others = Array.from({ length: 4 }, () => connection(t, url))
  for (const client of others) {
    for (const unit of asked) assert.deepEqual(await client(unit), [versions[armOf(unit)], armOf(unit)])
  }
  assert.equal((await send(`${url}/experiments/both/stop`, {})).status, 200)
  const before = await requestsByArm(url)
  for (const client of others) for (const unit of asked) assert.deepEqual(await client(unit), ['v1.0', undefined])
  over.abort()
  await Promise.all(load)
  assert.deepEqual(await requestsByArm(url), before)
})

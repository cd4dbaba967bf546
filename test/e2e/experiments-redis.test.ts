import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { startRedis, withoutRedis } from '../../packages/store/test/redis-server.ts'
import {
  armsOf,
  experimentModels,
  growthBookArm,
  protocols,
  send,
  startExperiment,
  startInference
} from './experiment-server.ts'

const arms = [
  { name: 'a', version: 'v1.0' },
  { name: 'b', version: 'v2.0' }
]
const versions: Record<string, string> = { a: 'v1.0', b: 'v2.0' }
const armOf = (unit: string) => growthBookArm('shared', unit, ['a', 'b'])!

/** Wait for what another process brings about. */
async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await isSo())) {
    assert.ok(performance.now() < end, `still not so: ${what}`)
    await delay(10)
  }
}

/** Units that converted, by arm. */
const conversions = async (url: string): Promise<Record<string, number>> => {
  const { metrics } = (await (await fetch(`${url}/experiments/shared/results`)).json()) as {
    metrics: { metric: string; arms: { arm: string; value: number; units: number }[] }[]
  }
  const found = metrics.find(({ metric }) => metric === 'conversion')!
  return Object.fromEntries(found.arms.map(({ arm, value, units: count }) => [arm, Math.round(value * count)]))
}

test('two processes with one Redis assign alike and count each unit once', { skip: withoutRedis }, async t => {
  const redis = await startRedis(t)
  const env = { REDIS_HOST: '127.0.0.1', REDIS_PORT: String(redis.port), MODEL_DIR: experimentModels(t) }
  const servers = await Promise.all([startInference(t, env), startInference(t, env)])
  const [one, other] = servers
  await startExperiment(one.url, { id: 'shared', model: 'tabular_classifier', arms })
  const state = async (): Promise<unknown> => {
    const reply = await fetch(`${other.url}/experiments/shared`)
    return reply.ok ? ((await reply.json()) as { state: string }).state : undefined
  }
  await until('the other process runs the experiment', async () => (await state()) === 'running')

  const clients = servers.map(protocols)
  t.after(() => clients.forEach(({ close }) => close()))
  const units = Array.from({ length: 40 }, (_, index) => `unit ${index}`)
  const ask = async (client: number, unit: string): Promise<void> => {
    const { arm, version } = await clients[client]!.ask['V2, by id']!(unit)
    assert.deepEqual([version, arm], [versions[armOf(unit)], armOf(unit)], unit)
  }
  // Some come to one process, some to the other, and most to both.
  await Promise.all([
    (async () => {
      for (const unit of units.slice(0, 30)) await ask(0, unit)
    })(),
    (async () => {
      for (const unit of units.slice(10).toReversed()) await ask(1, unit)
    })()
  ])
  const expected = Object.fromEntries(
    ['a', 'b'].map(arm => {
      const served = (from: number, to?: number) => units.slice(from, to).filter(unit => armOf(unit) === arm).length
      return [arm, { units: served(0), requests: served(0, 30) + served(10) }]
    })
  )
  for (const { url } of servers) {
    await until(`${url} counts what both served`, async () => {
      try {
        assert.deepEqual(await armsOf(url, 'shared'), expected)
        return true
      } catch {
        return false
      }
    })
  }

  // What came of a unit may be told to either process, to both, and about units that only the other has seen.
  const told = units.filter((_, index) => index % 2 === 0)
  for (const unit of told) {
    for (const { url } of servers) {
      const { status } = await send(`${url}/feedback`, { unit_id: unit, conversion: 1, outcome_id: `of ${unit}` })
      assert.ok(status === 200 || status === 202, String(status))
    }
  }
  const wanted = Object.fromEntries(['a', 'b'].map(arm => [arm, told.filter(unit => armOf(unit) === arm).length]))
  for (const { url } of servers) {
    await until(`${url} has counted every conversion once`, async () => {
      const found = await conversions(url)
      return found['a'] === wanted['a'] && found['b'] === wanted['b']
    })
  }
})

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import type { TestContext } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Persistence, type RedisServer, startRedis } from '../../packages/store/test/redis-server.ts'
import { type Addresses, type Answer, get, post, startUp, temporaryFolder } from '../e2e/program.ts'
import { observation } from './model-service.ts'

/** The most values of a series that the program keeps, and so the most that one client may add. */
const mostKept = 1000

/** Series with one client each, and one that two clients share. */
const series = [
  ['a', 0.5],
  ['b', 0.5],
  ['shared', 0.25],
  ['shared', 1e6]
] as const

/** A program with a Redis, and clients that add values and ask for predictions until they are told to stop. */
export interface RedisLoad {
  redis: RedisServer
  addresses: Addresses
  /** Resolves when so many more values were added. */
  added(more: number): Promise<void>
  /** Stop the clients; then every value must be in Redis, once and in the order of its client. */
  finish(): Promise<void>
}

/** How long Redis may take to get what it missed, in milliseconds. */
const patienceMs = 20_000

export async function startRedisLoad(t: TestContext, persistence: Persistence): Promise<RedisLoad> {
  const redis = await startRedis(t, { persistence })
  const settings = { N_LAGS: String(mostKept), REDIS_URL: `redis://127.0.0.1:${redis.port}` }
  const { addresses } = await startUp(t, { MILLRACE_DATA_DIR: temporaryFolder(t), ...settings })
  const values = series.map(() => [] as number[])
  const watchers = new Set<() => void>()
  const over = new AbortController()

  async function add(client: number): Promise<void> {
    const [seriesId, base] = series[client]!
    const mine = values[client]!
    for (; !over.signal.aborted && mine.length < mostKept / 2; mine.push(base + mine.length)) {
      const value = base + mine.length
      const body = { series_id: seriesId, value, observation_id: `${client}-${mine.length}` }
      const answer = await post(`${addresses.features}/add`, body)
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      if (seriesId !== 'shared') assertLags(answer, mine)
      for (const look of watchers) look()
      await pause(5)
    }
  }

  async function predict(): Promise<void> {
    for (let n = 1; !over.signal.aborted; n++) {
      const { features, target } = observation(n)
      const answer = await post(`${addresses.linear_regression}/predict`, { features })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
      const { prediction_id } = answer.body as { prediction_id?: string }
      assert.notEqual(prediction_id, undefined)
      await label({ prediction_id, actual: target })
      await pause(1)
    }
  }

  /** A prediction that Redis has and nobody else waits for its label until Redis is back; what Redis forgets is gone. */
  async function label(body: { prediction_id: string | undefined; actual: number }): Promise<void> {
    for (;;) {
      const { status } = await post(`${addresses.linear_regression}/feedback`, body)
      if (status === 200 || (status === 410 && persistence === 'nothing')) return
      assert.equal(status, 503)
      await pause(5)
    }
  }

  const work = Promise.all([...series.keys()].map(add).concat(predict()))
  const failed = work.then(() => new Promise<never>(() => undefined))
  return {
    redis,
    addresses,
    async added(more) {
      const { promise, resolve } = Promise.withResolvers<void>()
      let left = more
      const look = (): void => {
        if ((left -= 1) === 0) resolve()
      }
      watchers.add(look)
      await Promise.race([promise, failed]).finally(() => watchers.delete(look))
    },
    async finish() {
      over.abort()
      await work
      await reconciled(addresses)
      for (const seriesId of new Set(series.map(([name]) => name))) {
        const kept = listIn(redis, `series:${seriesId}:values`).map(Number).toReversed()
        const sent = values.filter((_, client) => series[client]![0] === seriesId)
        assert.deepEqual(kept.toSorted(ascending), sent.flat().toSorted(ascending), `series ${seriesId}`)
        for (const mine of sent)
          assert.deepEqual(
            kept.filter(value => mine.includes(value)),
            mine,
            `series ${seriesId}`
          )
      }
    }
  }
}

/** The lags are the values before, newest first. */
function assertLags({ body }: Answer, before: readonly number[]): void {
  const { features, available_lags: available } = body as { features: Record<string, number>; available_lags: number }
  assert.equal(available, before.length)
  for (const lag of [1, 2, 3, before.length].filter(one => one >= 1 && one <= before.length)) {
    assert.equal(features[`in_${lag}`], before.at(-lag))
  }
}

/** Waits until Redis has everything. */
export async function reconciled({ features }: Addresses): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const { body } = await get(`${features}/health`)
    const { redis_connected: isConnected, unreconciled } = body as { redis_connected: boolean; unreconciled: number }
    if (isConnected && unreconciled === 0) return
    if (performance.now() > deadline) throw new Error(`not reconciled: ${JSON.stringify(body)}`)
    await pause(20)
  }
}

/** The texts of a list in Redis, first to last. */
export function listIn({ port }: RedisServer, key: string): string[] {
  const text = execFileSync('redis-cli', ['-p', String(port), 'lrange', key, '0', '-1'], { encoding: 'utf8' })
  return text.split('\n').slice(0, -1)
}

function ascending(one: number, other: number): number {
  return one - other
}

/** Kill Redis and start it again, so many times, while clients work. Between the two, values come as well. */
export async function killRedis(t: TestContext, persistence: Persistence, times: number): Promise<void> {
  const load = await startRedisLoad(t, persistence)
  for (let time = 0; time < times; time++) {
    await load.added(20)
    await load.redis.kill()
    await load.added(20)
    await load.redis.start()
  }
  await load.added(20)
  await load.finish()
}

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { describe, test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fallbackPendingStore, memoryPendingStore, redisPendingStore } from '../src/index.ts'
import { startNode } from './fallback-store.ts'
import { connectTo, type Persistence, startRedis, withoutRedis } from './redis-server.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const persistences: Persistence[] = ['appendonly', 'nothing']
const clientsOfSeries = 2
const seriesIds = ['a', 'b', 'c', 'd']
const childFile = fileURLToPath(new URL('redis-child.ts', import.meta.url))

describe('series through kills under load', { skip: withoutRedis, timeout: 120_000 }, () => {
  for (const persistence of persistences) {
    test(`ten kills of a Redis that keeps ${persistence}: each acknowledged value is there once, in order`, async t => {
      const server = await startRedis(t, { persistence })
      const { store, redis } = await startNode(t, server)
      const limits = { ttlMs: 60_000, limit: 1000 }
      const [shared, embedded] = [redisPendingStore(redis, limits), memoryPendingStore(limits)]
      const pending = fallbackPendingStore({ redis, shared, embedded })
      const stop = new AbortController()
      const acknowledged = { redis: 0, sqlite: 0 }

      /** One after the other, until told to stop. @returns what was acknowledged, oldest first */
      async function client(seriesId: string, number: number): Promise<number[]> {
        const values: number[] = []
        while (!stop.signal.aborted) {
          const value = values.length * clientsOfSeries + number
          const observationId = value % 3 === 0 ? undefined : `${number}-${value}`
          const { earlier, isRepeat, storage } = await store.push({ seriesId, value, keep: 100_000, observationId })
          assert.equal(isRepeat, false)
          // Nothing that was acknowledged before is missing among the lags.
          assert.equal(
            earlier.find(lag => lag % clientsOfSeries === number),
            values.at(-1)
          )
          values.push(value)
          acknowledged[storage as 'redis' | 'sqlite'] += 1
        }
        return values
      }

      /** Predictions never fail. */
      async function predict(): Promise<void> {
        for (let number = 0; !stop.signal.aborted; number++) {
          const features = new Uint8Array([number])
          const predictionId = `p${number}`
          await pending.put({ predictionId, learner: 'l', features, prediction: number, madeAt: Date.now() })
          // The store in memory answers at once.
          await nextTurn()
        }
      }

      const predicting = predict()
      const clients = seriesIds.flatMap(seriesId =>
        Array.from({ length: clientsOfSeries }, (_, number) => client(seriesId, number))
      )
      for (let kill = 0; kill < 10; kill++) {
        const before = { ...acknowledged }
        await until(() => acknowledged.redis >= before.redis + 30)
        await server.kill()
        await until(() => acknowledged.sqlite >= before.sqlite + 30)
        await server.start()
      }
      await until(() => redis.isConnected)
      stop.abort()
      const pushed = await Promise.all(clients)
      await predicting
      await until(() => store.status().storage === 'redis')
      assert.equal(store.status().reconnects, 10)
      for (const [index, seriesId] of seriesIds.entries()) {
        const stored = (await redis.send(['LRANGE', `series:${seriesId}:values`, '0', '-1'])) as string[]
        const values = stored.map(Number).toReversed()
        for (let number = 0; number < clientsOfSeries; number++) {
          const own = values.filter(value => value % clientsOfSeries === number)
          assert.deepEqual(own, pushed[index * clientsOfSeries + number])
        }
      }
    })
  }

  test('kills of the process, with Redis there and away: each acknowledged value is there once, in order', async t => {
    const server = await startRedis(t, { persistence: 'appendonly' })
    const folder = temporaryFolder(t)
    const acknowledged: number[] = []

    /** Let a process push until it has been acknowledged so many values in `storage`, then kill it. */
    async function pushAndKill(storage: string, count: number): Promise<void> {
      const first = (acknowledged.at(-1) ?? 0) + 1000
      const child = spawn(process.execPath, [childFile, String(server.port), folder, String(first)], {
        stdio: ['ignore', 'pipe', 'inherit']
      })
      t.after(() => child.kill('SIGKILL'))
      let left = count
      for await (const line of createInterface({ input: child.stdout })) {
        const [value, where] = line.split(' ')
        acknowledged.push(Number(value))
        if (where === storage) left -= 1
        if (left <= 0) child.kill('SIGKILL')
      }
    }

    await pushAndKill('redis', 50)
    await server.kill()
    await pushAndKill('sqlite', 50)
    await pushAndKill('sqlite', 5)
    await server.start()
    await pushAndKill('redis', 1)
    await pushAndKill('redis', 50)
    const redis = await connectTo(t, server)
    const stored = ((await redis.send(['LRANGE', 'series:s:values', '0', '-1'])) as string[]).map(Number).toReversed()
    assert.equal(new Set(stored).size, stored.length)
    const known = new Set(acknowledged)
    assert.deepEqual(
      stored.filter(value => known.has(value)),
      acknowledged
    )
    // What was being pushed at a kill may be there or not.
    assert.ok(stored.length <= acknowledged.length + 5, `${stored.length} of ${acknowledged.length}`)
  })
})

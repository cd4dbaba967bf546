import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startNode } from './fallback-store.ts'
import { type Persistence, startRedis, withoutRedis } from './redis-server.ts'
import { until } from './until.ts'

const persistences: Persistence[] = ['appendonly', 'nothing']
const clientsOfSeries = 2
const seriesIds = ['a', 'b', 'c', 'd']

describe('series through kills of Redis under load', { skip: withoutRedis, timeout: 60_000 }, () => {
  for (const persistence of persistences) {
    test(`ten kills of a Redis that keeps ${persistence}: each acknowledged value is there once, in order`, async t => {
      const server = await startRedis(t, { persistence })
      const { store, redis } = await startNode(t, server, { redis: { commandTimeoutMs: 300, connectTimeoutMs: 300 } })
      const stop = new AbortController()
      let acknowledged = 0

      /** One after the other, until told to stop. @returns what was acknowledged, oldest first */
      async function client(seriesId: string, number: number): Promise<number[]> {
        const values: number[] = []
        while (!stop.signal.aborted) {
          const value = values.length * clientsOfSeries + number
          const observationId = value % 3 === 0 ? undefined : `${number}-${value}`
          const push = { seriesId, value, keep: 100_000, observationId }
          const { earlier, isRepeat } = await store.push(push)
          assert.equal(isRepeat, false)
          // Nothing that was acknowledged before is missing among the lags.
          assert.equal(
            earlier.find(lag => lag % clientsOfSeries === number),
            values.at(-1)
          )
          values.push(value)
          acknowledged += 1
        }
        return values
      }

      const clients = seriesIds.flatMap(seriesId =>
        Array.from({ length: clientsOfSeries }, (_, number) => client(seriesId, number))
      )
      for (let kill = 0; kill < 10; kill++) {
        // Load with Redis, load without it.
        for (const change of [server.kill, server.start]) {
          const before = acknowledged
          await until(() => acknowledged >= before + 50)
          await change()
        }
      }
      await until(() => redis.isConnected)
      stop.abort()
      const pushed = await Promise.all(clients)
      await until(() => store.status().storage === 'redis')
      assert.ok(store.status().reconnects >= 1)
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
})

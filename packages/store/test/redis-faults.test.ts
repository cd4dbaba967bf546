import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { cuttingProxy, type HeldRequest } from './cutting-proxy.ts'
import { startNode } from './fallback-store.ts'
import { connectTo, type Persistence, startRedis, withoutRedis } from './redis-server.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const persistences: Persistence[] = ['appendonly', 'nothing']
const keep = 4

/** What may happen, one after the other. */
const happening = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ what: fc.constant('push' as const), value: fc.constantFrom(0, 1, 0.5), named: fc.boolean() })
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('repeat' as const), which: fc.nat() }) },
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constantFrom(
        'kill',
        'start',
        'save',
        'flush',
        'pause',
        'resume',
        'lose',
        'hold',
        'release',
        'restart',
        'wait'
      )
    })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('evict' as const),
      part: fc.constantFrom('values', 'meta', 'ids', 'order')
    })
  }
)

describe('series through any sequence of faults', { skip: withoutRedis, timeout: 60_000 }, () => {
  for (const persistence of persistences) {
    test(`lags and repeats agree with a plain array, with a Redis that keeps ${persistence}`, async t => {
      const server = await startRedis(t, { persistence })
      const proxy = await cuttingProxy(t, server)
      const options = { folder: temporaryFolder(t), redis: { commandTimeoutMs: 100, connectTimeoutMs: 200 } }
      const admin = await connectTo(t, server)
      let node = await startNode(t, proxy, options)
      let run = 0

      async function inLine(): Promise<void> {
        await until(() => node.store.status().storage === 'redis')
      }

      await fc.assert(
        fc.asyncProperty(fc.array(happening, { minLength: 5, maxLength: 30 }), async happenings => {
          run += 1
          const seriesId = `run ${run}`
          let values: number[] = []
          let state: 'up' | 'paused' | 'down' = 'up'
          const answered: { observationId: string; value: number; earlier: number[] }[] = []
          let held: HeldRequest | undefined

          async function push(value: number, observationId?: string): Promise<void> {
            const { earlier, isRepeat } = await node.store.push({ seriesId, value, keep, observationId })
            assert.deepEqual({ earlier, isRepeat }, { earlier: values, isRepeat: false })
            if (observationId !== undefined) answered.push({ observationId, value, earlier })
            values = [value, ...values].slice(0, keep)
          }

          async function repeat({ earlier, ...known }: (typeof answered)[number]): Promise<void> {
            const repeated = await node.store.push({ seriesId, keep, ...known })
            assert.deepEqual({ earlier: repeated.earlier, isRepeat: repeated.isRepeat }, { earlier, isRepeat: true })
          }

          for (const [index, one] of happenings.entries()) {
            const isInLine = state === 'up' && node.store.status().storage === 'redis'
            if (one.what === 'push') await push(one.value, one.named ? `id ${index}` : undefined)
            if (one.what === 'repeat' && answered.length > 0) await repeat(answered[one.which % answered.length]!)
            if (one.what === 'kill') {
              await server.kill()
              state = 'down'
            }
            if (one.what === 'start') {
              await server.start()
              state = 'up'
            }
            if (one.what === 'pause' && state === 'up') {
              server.pause()
              state = 'paused'
            }
            if (one.what === 'resume' && state === 'paused') {
              server.resume()
              state = 'up'
            }
            if (one.what === 'wait' && state === 'up') await inLine()
            if (one.what === 'lose') proxy.loseAnswer('EVALSHA')
            if (one.what === 'hold') held = proxy.holdRequest('EVALSHA')
            if (one.what === 'release' && state === 'up' && held?.isHeld) await held.release()
            if (one.what === 'restart') {
              await node.stop()
              node = await startNode(t, proxy, options)
            }
            if (isInLine) {
              if (one.what === 'save') await node.redis.send(['SAVE']).catch(() => undefined)
              if (one.what === 'flush') await node.redis.send(['FLUSHALL']).catch(() => undefined)
              if (one.what === 'evict')
                await node.redis.send(['DEL', `series:${seriesId}:${one.part}`]).catch(() => undefined)
            }
          }

          proxy.behave()
          await server.start()
          await inLine()
          await push(7)
          for (const one of answered) await repeat(one)
          await inLine()
          await until(() => admin.isConnected)
          const stored = (await admin.send(['LRANGE', `series:${seriesId}:values`, '0', '-1'])) as string[]
          assert.deepEqual(stored.map(Number), values)
        }),
        { numRuns: 8 }
      )
    })
  }
})

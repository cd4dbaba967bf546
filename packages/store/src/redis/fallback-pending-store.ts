import { positive } from '@millrace/common'
import type { PendingStore } from '../pending-store.ts'
import type { RedisConnection } from './redis-connection.ts'
import { redisLost } from './redis-errors.ts'

/** Pending predictions in Redis that go on while it is away. */
export interface FallbackPendingStore extends PendingStore {
  /** `errors`: calls to Redis that failed or took too long; `fallbackPuts`: predictions that the embedded store took. */
  status(): { errors: number; fallbackPuts: number }
}

/**
 * Predictions in Redis, or in the embedded store when Redis is away or does not answer within `patienceMs` (default
 * 100): a prediction never waits for longer, and only the first ones of an outage wait at all.
 *
 * A label finds its prediction wherever it is, but for one in a Redis that is away: then `get` fails with
 * MILL_STORE_FAILED, so that the label is sent again rather than taken for one of nothing. A prediction in Redis is
 * lost if Redis loses it; one that could not be removed there expires. `count` is of what can be reached.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function fallbackPendingStore({
  redis,
  shared,
  embedded,
  patienceMs = 100
}: {
  redis: Pick<RedisConnection, 'address' | 'isConnected'>
  /** The one in that Redis. */
  shared: PendingStore
  embedded: PendingStore
  patienceMs?: number
}): FallbackPendingStore {
  positive('patienceMs', patienceMs)
  const counters = { errors: 0, fallbackPuts: 0 }
  // Calls that have outlasted patience: while there are any, Redis is not asked.
  let overdue = 0

  /** @throws {MillraceError} MILL_STORE_FAILED at once, or after `patienceMs` */
  async function impatient<Result>(call: () => Promise<Result>): Promise<Result> {
    if (!redis.isConnected || overdue > 0) throw redisLost(redis.address, 'is away')
    const called = call()
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      overdue += 1
      called.catch(() => undefined).finally(() => (overdue -= 1))
      reject(redisLost(redis.address, `did not answer within ${patienceMs} ms`))
    }, patienceMs)
    try {
      return await Promise.race([called, late])
    } catch (error) {
      counters.errors += 1
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async put(prediction) {
      try {
        await impatient(() => shared.put(prediction))
      } catch {
        // Redis may have it as well, which does no harm.
        counters.fallbackPuts += 1
        await embedded.put(prediction)
      }
    },
    async get(learner, predictionId, now) {
      const [there, here] = await Promise.allSettled([
        impatient(() => shared.get(learner, predictionId, now)),
        embedded.get(learner, predictionId, now)
      ])
      if (there.status === 'fulfilled' && there.value !== undefined) return there.value
      if (here.status === 'fulfilled' && here.value !== undefined) return here.value
      for (const answer of [there, here]) if (answer.status === 'rejected') throw answer.reason
      return undefined
    },
    async remove(learner, predictionId) {
      await Promise.all([
        impatient(() => shared.remove(learner, predictionId)).catch(() => undefined),
        embedded.remove(learner, predictionId)
      ])
    },
    async count(learner) {
      const [there, here] = await Promise.all([
        impatient(() => shared.count(learner)).catch(() => 0),
        embedded.count(learner)
      ])
      return there + here
    },
    status: () => ({ ...counters })
  }
}

import { randomUUID } from 'node:crypto'
import { integerWithin } from '@millrace/common'
import { idConflict } from '../id-conflict.ts'
import type { SeriesStore } from '../series-store.ts'
import type { RedisConnection } from './redis-connection.ts'
import { redisSeries } from './redis-series.ts'

/**
 * In Redis, shared by all processes that use it, and in the layout that the former feature service used: the values of
 * a series are the list `series:{series id}:values`, newest first. As durable as that Redis is; while it is away all
 * calls fail. See {@link fallbackSeriesStore} for one that goes on.
 *
 * A push is one script call. A push whose reply was lost may be there nevertheless; with an observation id it can be
 * repeated safely.
 * @param options `idsRemembered` integer >= 1, how many observation ids are remembered for each series
 */
export function redisSeriesStore(
  redis: Pick<RedisConnection, 'send'>,
  { idsRemembered = 100_000 }: { idsRemembered?: number } = {}
): SeriesStore {
  integerWithin('idsRemembered', idsRemembered, 1)
  const series = redisSeries(redis, { writer: randomUUID(), idsRemembered })
  return {
    async push(push) {
      integerWithin('keep', push.keep, 1)
      const pushed = await series.pushAll(push.seriesId, [push])
      // Nothing is expected, so nothing can be stale.
      const { what, earlier } = pushed!.outcomes[0]!
      if (what === 'conflict') throw idConflict(push.seriesId, push.observationId!)
      return { earlier, isRepeat: what === 'repeat', storage: 'redis' }
    },
    async read(seriesId) {
      const { values } = await series.state(seriesId)
      return values.length === 0 ? undefined : values
    },
    async list(limit) {
      integerWithin('limit', limit, 1)
      return series.list(limit)
    }
  }
}

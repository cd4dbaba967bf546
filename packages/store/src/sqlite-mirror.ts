import type { Database } from './database.ts'
import { fromFloat64Bytes } from './float64-bytes.ts'
import type {
  AwayPush,
  MirroredPush,
  MirroredSeries,
  OutboxPush,
  RememberedPush,
  SettledPush
} from './series-mirror.ts'
import type { PushedValue } from './series-store.ts'
import type { ObservationIds } from './sqlite-observation-ids.ts'
import { sqliteOutbox } from './sqlite-outbox.ts'
import type { SqliteSeries } from './sqlite-series.ts'
import { fromTextKey, type TextKey } from './text-key.ts'

/** The mirror and the outbox in the tables of a database; what changes them runs in one of its transactions. */
export interface SqliteMirror {
  put(push: MirroredPush): void
  get(seriesId: string): MirroredSeries | undefined
  page(limit: number, after?: string): MirroredSeries[]
  ids(seriesId: string, limit: number): RememberedPush[]
  forgetCounts(): void
  pushWhileAway(push: AwayPush): PushedValue
  outbox(limit: number, seriesId?: string): OutboxPush[]
  settle(pushes: readonly SettledPush[]): void
  outboxSize(): number
}

/** The mirror of series in Redis, in a SQLite file. */
export function sqliteMirror(database: Database, series: SqliteSeries, ids: ObservationIds): SqliteMirror {
  const outbox = sqliteOutbox(database)
  const clearCounts = database.prepare('UPDATE series SET redis_count = 0 WHERE redis_count > 0')
  const selectPage = database.prepare(
    `SELECT series, series_id AS key, lags, redis_count AS count FROM series WHERE series > ?
       AND (redis_count > 0 OR EXISTS (SELECT 1 FROM outbox WHERE outbox.series = series.series))
     ORDER BY series LIMIT ?`
  )
  return {
    put({ seriesId, value, keep, observationId, earlier, isRepeat, count }) {
      const row = series.find(seriesId)
      const values = [value, ...earlier.slice(0, keep - 1)]
      // A repeat says nothing of how the series is now, but all there is to know of one never seen before.
      const isNews = row === undefined || (!isRepeat && count > row.redisCount)
      const number = isNews ? series.save(seriesId, row, outbox.onTopOf(values, row?.series)) : row.series
      if (isNews && !isRepeat) series.setRedisCount(number, count)
      if (observationId === undefined || ids.find(number, observationId) !== undefined) return
      ids.remember(number, observationId, { value, earlier })
    },
    get(seriesId) {
      const row = series.find(seriesId)
      if (row === undefined) return undefined
      const values = fromFloat64Bytes(row.lags)
      return { seriesId, values, count: row.redisCount, waiting: outbox.size(row.series) }
    },
    page(limit, after) {
      const behind = after === undefined ? 0 : (series.find(after)?.series ?? 0)
      type Row = { series: number; key: TextKey; lags: Uint8Array; count: number }
      return (selectPage.all(behind, limit) as Row[]).map(({ series: number, key, lags, count }) => ({
        seriesId: fromTextKey(key),
        values: fromFloat64Bytes(lags),
        count,
        waiting: outbox.size(number)
      }))
    },
    ids(seriesId, limit) {
      const row = series.find(seriesId)
      return row === undefined ? [] : ids.latest(row.series, limit)
    },
    forgetCounts: () => void clearCounts.run(),
    pushWhileAway({ operationId, ...push }) {
      const pushed = series.push(push)
      if (!pushed.isRepeat)
        outbox.append(series.find(push.seriesId)!.series, { ...push, operationId, earlier: pushed.earlier })
      return pushed
    },
    outbox(limit, seriesId) {
      if (seriesId === undefined) return outbox.first(limit)
      const row = series.find(seriesId)
      return row === undefined ? [] : outbox.first(limit, row.series)
    },
    settle(pushes) {
      for (const { order, redis } of pushes) {
        const seriesId = outbox.remove(order)
        const row = seriesId === undefined ? undefined : series.find(seriesId)
        if (row === undefined || redis === undefined || redis.count <= row.redisCount) continue
        series.replace(row, outbox.onTopOf(redis.values, row.series))
        series.setRedisCount(row.series, redis.count)
      }
    },
    outboxSize: () => outbox.size()
  }
}

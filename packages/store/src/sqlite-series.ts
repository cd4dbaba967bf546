import type { Database } from './database.ts'
import { fromFloat64Bytes, toFloat64Bytes } from './float64-bytes.ts'
import { idConflict } from './id-conflict.ts'
import type { PushedValue, SeriesPush, SeriesSummary } from './series-store.ts'
import type { ObservationIds } from './sqlite-observation-ids.ts'
import { fromTextKey, type TextKey, toTextKey } from './text-key.ts'

/** A series in its table. */
export interface SeriesRow {
  /** Its number there. */
  series: number
  /** Its values as float64, newest first. */
  lags: Uint8Array
  redisCount: number
  /** 1 when no series changed later, otherwise 0. */
  isNewest: number
}

/** The series in the tables of a database; what changes them runs in one of its transactions. */
export interface SqliteSeries {
  push(push: SeriesPush): PushedValue
  read(seriesId: string): number[] | undefined
  list(limit: number): SeriesSummary[]
  find(seriesId: string): SeriesRow | undefined
  /** Give a series these values, newest first and at least one, as its latest change. @returns its number */
  save(seriesId: string, row: SeriesRow | undefined, values: readonly number[]): number
  /** Give a series these values without counting that as a change. */
  replace(row: SeriesRow, values: readonly number[]): void
  setRedisCount(series: number, count: number): void
}

/** The series of a SQLite file. A push takes some ten microseconds beside its transaction. */
export function sqliteSeries(database: Database, ids: ObservationIds): SqliteSeries {
  const newest = '(SELECT coalesce(max(change), 0) FROM series)'
  const select = database.prepare(
    `SELECT series, lags, redis_count AS redisCount, change = ${newest} AS isNewest FROM series WHERE series_id = ?`
  )
  const insert = database.prepare(`INSERT INTO series (series_id, lags, change) VALUES (?, ?, ${newest} + 1)`)
  const update = database.prepare(`UPDATE series SET lags = ?, change = ${newest} + 1 WHERE series = ?`)
  const replace = database.prepare('UPDATE series SET lags = ? WHERE series = ?')
  const setRedisCount = database.prepare('UPDATE series SET redis_count = ? WHERE series = ?')
  const summaries = database.prepare(
    `SELECT series_id AS key, length(lags) / 8 AS length, substr(lags, 1, 8) AS latest
     FROM series ORDER BY change DESC LIMIT ?`
  )
  // The tables are STRICT, so the rows have these types.
  function find(seriesId: string): SeriesRow | undefined {
    return select.get(toTextKey(seriesId)) as SeriesRow | undefined
  }
  function save(seriesId: string, row: SeriesRow | undefined, values: readonly number[]): number {
    const lags = toFloat64Bytes(values)
    if (row === undefined) return Number(insert.run(toTextKey(seriesId), lags).lastInsertRowid)
    // Leaving the index alone when the order stays as it is halves the cost.
    const statement = row.isNewest === 1 ? replace : update
    statement.run(lags, row.series)
    return row.series
  }
  return {
    find,
    save,
    replace: ({ series }, values) => void replace.run(toFloat64Bytes(values), series),
    setRedisCount: (series, count) => void setRedisCount.run(count, series),
    push({ seriesId, value, keep, observationId }) {
      const row = find(seriesId)
      const known = row && observationId !== undefined ? ids.find(row.series, observationId) : undefined
      if (known !== undefined) {
        if (!Object.is(known.value, value)) throw idConflict(seriesId, observationId!)
        return { earlier: known.earlier, isRepeat: true, storage: 'sqlite' }
      }
      const earlier = row === undefined ? [] : fromFloat64Bytes(row.lags, 0, keep)
      const series = save(seriesId, row, [value, ...earlier.slice(0, keep - 1)])
      if (observationId !== undefined) ids.remember(series, observationId, { value, earlier })
      return { earlier, isRepeat: false, storage: 'sqlite' }
    },
    read(seriesId) {
      const row = find(seriesId)
      return row && fromFloat64Bytes(row.lags)
    },
    list(limit) {
      const rows = summaries.all(limit) as { key: TextKey; length: number; latest: Uint8Array }[]
      return rows.map(({ key, length, latest }) => ({
        seriesId: fromTextKey(key),
        length,
        latestValue: fromFloat64Bytes(latest)[0]!
      }))
    }
  }
}

import { integerWithin } from '@millrace/common'
import type { Database } from './database.ts'
import { fromFloat64Bytes, toFloat64Bytes } from './float64-bytes.ts'
import { idConflict } from './id-conflict.ts'
import type { SeriesStore } from './series-store.ts'
import { sqliteObservationIds } from './sqlite-observation-ids.ts'
import { fromTextKey, type TextKey, toTextKey } from './text-key.ts'

const valueBytes = 8

/**
 * In a SQLite file, shared by all processes that open it; durable as {@link openDatabase} says. A push is one
 * transaction of some tens of microseconds.
 */
export function sqliteSeriesStore(
  database: Database,
  { idsRemembered = 100_000 }: { idsRemembered?: number } = {}
): SeriesStore {
  const ids = sqliteObservationIds(database, idsRemembered)
  const newest = '(SELECT coalesce(max(change), 0) FROM series)'
  const select = database.prepare(`SELECT series, lags, change = ${newest} AS isNewest FROM series WHERE series_id = ?`)
  const insert = database.prepare(`INSERT INTO series (series_id, lags, change) VALUES (?, ?, ${newest} + 1)`)
  const update = database.prepare(`UPDATE series SET lags = ?, change = ${newest} + 1 WHERE series = ?`)
  const updateNewest = database.prepare('UPDATE series SET lags = ? WHERE series = ?')
  const summaries = database.prepare(
    `SELECT series_id AS key, length(lags) / ${valueBytes} AS length, substr(lags, 1, ${valueBytes}) AS latest
     FROM series ORDER BY change DESC LIMIT ?`
  )
  // The table is STRICT, so the rows have these types.
  function find(key: TextKey): { series: number; lags: Uint8Array; isNewest: number } | undefined {
    return select.get(key) as { series: number; lags: Uint8Array; isNewest: number } | undefined
  }
  return {
    async push({ seriesId, value, keep, observationId }) {
      integerWithin('keep', keep, 1)
      const key = toTextKey(seriesId)
      return database.write(() => {
        const found = find(key)
        const known = found && observationId !== undefined ? ids.find(found.series, observationId) : undefined
        if (known !== undefined) {
          if (!Object.is(known.value, value)) throw idConflict(seriesId, observationId!)
          return { earlier: known.earlier, isRepeat: true, storage: 'sqlite' }
        }
        const earlier = found === undefined ? [] : fromFloat64Bytes(found.lags, 0, keep)
        const lags = toFloat64Bytes([value, ...earlier].slice(0, keep))
        let series = found?.series
        if (found === undefined) series = Number(insert.run(key, lags).lastInsertRowid)
        // Leaving the index alone when the order stays as it is halves the cost.
        else if (found.isNewest === 1) updateNewest.run(lags, found.series)
        else update.run(lags, found.series)
        if (observationId !== undefined) ids.remember(series!, observationId, { value, earlier })
        return { earlier, isRepeat: false, storage: 'sqlite' }
      })
    },
    async read(seriesId) {
      const found = database.read(() => find(toTextKey(seriesId)))
      return found && fromFloat64Bytes(found.lags)
    },
    async list(limit) {
      integerWithin('limit', limit, 1)
      const rows = database.read(() => summaries.all(limit)) as { key: TextKey; length: number; latest: Uint8Array }[]
      return rows.map(({ key, length, latest }) => ({
        seriesId: fromTextKey(key),
        length,
        latestValue: fromFloat64Bytes(latest)[0]!
      }))
    }
  }
}

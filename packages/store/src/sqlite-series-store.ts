import { integerWithin } from '@millrace/common'
import type { Database } from './database.ts'
import type { SeriesStore } from './series-store.ts'
import { fromTextKey, type TextKey, toTextKey } from './text-key.ts'

const valueBytes = 8

/**
 * In a SQLite file, shared by all processes that open it; durable as {@link openDatabase} says. A push is one
 * transaction of some tens of microseconds.
 */
export function sqliteSeriesStore(database: Database): SeriesStore {
  const newest = '(SELECT coalesce(max(change), 0) FROM series)'
  const select = database.prepare(
    `SELECT rowid AS row, lags, change = ${newest} AS isNewest FROM series WHERE series_id = ?`
  )
  const insert = database.prepare(`INSERT INTO series (series_id, lags, change) VALUES (?, ?, ${newest} + 1)`)
  const update = database.prepare(`UPDATE series SET lags = ?, change = ${newest} + 1 WHERE rowid = ?`)
  const updateNewest = database.prepare('UPDATE series SET lags = ? WHERE rowid = ?')
  const summaries = database.prepare(
    `SELECT series_id AS key, length(lags) / ${valueBytes} AS length, substr(lags, 1, ${valueBytes}) AS latest
     FROM series ORDER BY change DESC LIMIT ?`
  )
  // The table is STRICT, so the rows have these types.
  function find(key: TextKey): { row: number; lags: Uint8Array; isNewest: number } | undefined {
    return select.get(key) as { row: number; lags: Uint8Array; isNewest: number } | undefined
  }
  return {
    async push(seriesId, value, keep) {
      integerWithin('keep', keep, 1)
      const key = toTextKey(seriesId)
      return database.write(() => {
        const found = find(key)
        if (found === undefined) {
          insert.run(key, pushed(value, new Uint8Array(), keep))
          return []
        }
        // Leaving the index alone when the order stays as it is halves the cost.
        const statement = found.isNewest === 1 ? updateNewest : update
        statement.run(pushed(value, found.lags, keep), found.row)
        return decoded(found.lags.subarray(0, keep * valueBytes))
      })
    },
    async read(seriesId) {
      const found = database.read(() => find(toTextKey(seriesId)))
      return found && decoded(found.lags)
    },
    async list(limit) {
      integerWithin('limit', limit, 1)
      const rows = database.read(() => summaries.all(limit)) as { key: TextKey; length: number; latest: Uint8Array }[]
      return rows.map(({ key, length, latest }) => ({
        seriesId: fromTextKey(key),
        length,
        latestValue: decoded(latest)[0]!
      }))
    }
  }
}

/** `lags` with `value` in front, cut to `keep` values. */
function pushed(value: number, lags: Uint8Array, keep: number): Uint8Array {
  const kept = lags.subarray(0, (keep - 1) * valueBytes)
  const next = new Uint8Array(valueBytes + kept.length)
  new DataView(next.buffer).setFloat64(0, value, true)
  next.set(kept, valueBytes)
  return next
}

function decoded(lags: Uint8Array): number[] {
  const view = new DataView(lags.buffer, lags.byteOffset, lags.byteLength)
  return Array.from({ length: lags.length / valueBytes }, (_, index) => view.getFloat64(index * valueBytes, true))
}

import { integerWithin } from '@millrace/common'
import type { Database } from './database.ts'
import type { SeriesStore } from './series-store.ts'
import { sqliteObservationIds } from './sqlite-observation-ids.ts'
import { sqliteSeries } from './sqlite-series.ts'

/**
 * In a SQLite file, shared by all processes that open it; durable as {@link openDatabase} says. A push is one
 * transaction of some tens of microseconds.
 */
export function sqliteSeriesStore(database: Database): SeriesStore {
  const series = sqliteSeries(database, sqliteObservationIds(database, 100_000))
  return {
    async push(push) {
      integerWithin('keep', push.keep, 1)
      return database.write(() => series.push(push))
    },
    async read(seriesId) {
      return database.read(() => series.read(seriesId))
    },
    async list(limit) {
      integerWithin('limit', limit, 1)
      return database.read(() => series.list(limit))
    }
  }
}

import type { Database } from './database.ts'
import { fromFloat64Bytes, toFloat64Bytes } from './float64-bytes.ts'
import type { RememberedPush } from './series-mirror.ts'
import { fromTextKey, type TextKey, toTextKey } from './text-key.ts'

/** The latest observation ids of each series, in the tables of a database. Series are given by their numbers there. */
export interface ObservationIds {
  find(series: number, observationId: string): RememberedPush | undefined
  /** The latest `limit`, oldest first. */
  latest(series: number, limit: number): RememberedPush[]
  /** Remember an id that is not known, and forget the oldest beyond those remembered: two at most, to take no time. */
  remember(series: number, observationId: string, push: { value: number; earlier: readonly number[] }): void
}

/** @param idsRemembered integer >= 1, how many ids are remembered for each series */
export function sqliteObservationIds(database: Database, idsRemembered: number): ObservationIds {
  const select = database.prepare('SELECT pushed FROM observations WHERE series = ? AND observation_id = ?')
  const newest = database.prepare('SELECT max(number) AS number FROM observations WHERE series = ?')
  const selectLatest = database.prepare(
    'SELECT observation_id AS key, pushed FROM observations WHERE series = ? ORDER BY number DESC LIMIT ?'
  )
  const insert = database.prepare(
    'INSERT INTO observations (series, number, observation_id, pushed) VALUES (?, ?, ?, ?)'
  )
  const forget = database.prepare(
    `DELETE FROM observations WHERE series = ?1 AND number IN
       (SELECT number FROM observations WHERE series = ?1 AND number <= ?2 ORDER BY number LIMIT 2)`
  )
  return {
    find(series, observationId) {
      const pushed = select.get(series, toTextKey(observationId))?.['pushed'] as Uint8Array | undefined
      return pushed && remembered(observationId, pushed)
    },
    latest(series, limit) {
      const rows = selectLatest.all(series, limit) as { key: TextKey; pushed: Uint8Array }[]
      return rows.toReversed().map(({ key, pushed }) => remembered(fromTextKey(key), pushed))
    },
    remember(series, observationId, { value, earlier }) {
      const number = Number(newest.get(series)?.['number'] ?? 0) + 1
      insert.run(series, number, toTextKey(observationId), toFloat64Bytes([value, ...earlier]))
      if (number > idsRemembered) forget.run(series, number - idsRemembered)
    }
  }
}

function remembered(observationId: string, pushed: Uint8Array): RememberedPush {
  const [value, ...earlier] = fromFloat64Bytes(pushed)
  return { observationId, value: value!, earlier }
}

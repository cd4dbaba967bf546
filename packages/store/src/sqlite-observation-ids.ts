import type { Database } from './database.ts'
import { fromFloat64Bytes, toFloat64Bytes } from './float64-bytes.ts'
import { toTextKey } from './text-key.ts'

/** What was pushed and found under an observation id. */
export interface KnownPush {
  value: number
  earlier: number[]
}

/** The latest observation ids of each series, in the tables of a database. Series are given by their numbers there. */
export interface ObservationIds {
  find(series: number, observationId: string): KnownPush | undefined
  /** Remember an id that is not known, and forget the oldest ones beyond the limit: two at most, so that no call takes long. */
  remember(series: number, observationId: string, push: KnownPush): void
}

/** @param idsRemembered integer >= 1, how many ids are remembered for each series */
export function sqliteObservationIds(database: Database, idsRemembered: number): ObservationIds {
  const select = database.prepare('SELECT pushed FROM observations WHERE series = ? AND observation_id = ?')
  const newest = database.prepare('SELECT max(number) AS number FROM observations WHERE series = ?')
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
      if (pushed === undefined) return undefined
      const [value, ...earlier] = fromFloat64Bytes(pushed)
      return { value: value!, earlier }
    },
    remember(series, observationId, { value, earlier }) {
      const number = Number(newest.get(series)?.['number'] ?? 0) + 1
      insert.run(series, number, toTextKey(observationId), toFloat64Bytes([value, ...earlier]))
      if (number > idsRemembered) forget.run(series, number - idsRemembered)
    }
  }
}

import type { Database } from './database.ts'
import { fromFloat64Bytes, toFloat64Bytes } from './float64-bytes.ts'
import type { PendingLimits, PendingPrediction } from './pending-store.ts'
import { toTextKey } from './text-key.ts'

/** Pending predictions in the tables of a database; what changes them runs in one of its transactions. */
export interface SqlitePending {
  put(prediction: PendingPrediction): void
  get(learner: string, predictionId: string, now: number): PendingPrediction | undefined
  remove(learner: string, predictionId: string): void
  count(learner: string): number
  /**
   * Let what claims to have been made after `now`, because the clock was set back since, count as made now: so nothing
   * is kept for longer than its time from here on. To be called before the first use.
   */
  noneNewerThan(now: number): void
}

/** How many predictions a `put` removes at most, of those that are expired and of those beyond the limit. */
const removedTogether = 2

/** The pending predictions of a SQLite file. */
export function sqlitePending(database: Database, { ttlMs, limit }: PendingLimits): SqlitePending {
  const learners = sqliteLearners(database)
  const insert = database.prepare(
    `INSERT INTO predictions (learner, number, prediction_id, features, prediction, made_at, kept_from)
     SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?5 FROM predictions WHERE learner = ?1
     ON CONFLICT (prediction_id) DO NOTHING`
  )
  const select = database.prepare(
    `SELECT features, prediction, made_at AS madeAt, kept_from AS keptFrom FROM predictions
     WHERE prediction_id = ? AND learner = ?`
  )
  const remove = database.prepare('DELETE FROM predictions WHERE prediction_id = ? AND learner = ?')
  const removeNumber = database.prepare('DELETE FROM predictions WHERE learner = ? AND number = ?')
  const oldestOf = database.prepare('SELECT learner, number FROM predictions WHERE learner = ? ORDER BY number LIMIT ?')
  const keptFromBefore = database.prepare(
    'SELECT learner, number FROM predictions WHERE kept_from <= ? ORDER BY kept_from LIMIT ?'
  )
  const clampTimes = database.prepare('UPDATE predictions SET kept_from = ?1 WHERE kept_from > ?1')
  // The tables are STRICT, so the rows have these types.
  function removeAll(rows: unknown[]): void {
    for (const { learner, number } of rows as { learner: number; number: number }[]) {
      removeNumber.run(learner, number)
      learners.add(learner, -1)
    }
  }
  return {
    put({ learner, predictionId, features, prediction, madeAt }) {
      const { id, kept } = learners.findOrMake(learner)
      const key = toTextKey(predictionId)
      const { changes } = insert.run(id, key, features, toFloat64Bytes([prediction]), madeAt)
      if (changes === 0) return
      learners.add(id, 1)
      const tooMany = kept + 1 - limit
      if (tooMany > 0) removeAll(oldestOf.all(id, Math.min(tooMany, removedTogether)))
      removeAll(keptFromBefore.all(madeAt - ttlMs, removedTogether))
    },
    get(learner, predictionId, now) {
      const id = learners.find(learner)?.id
      const row = id === undefined ? undefined : select.get(toTextKey(predictionId), id)
      if (row === undefined) return undefined
      const { features, prediction, madeAt, keptFrom } = row as {
        features: Uint8Array
        prediction: Uint8Array
        madeAt: number
        keptFrom: number
      }
      if (now >= keptFrom + ttlMs) return undefined
      return { predictionId, learner, features, prediction: fromFloat64Bytes(prediction)[0]!, madeAt }
    },
    remove(learner, predictionId) {
      const id = learners.find(learner)?.id
      if (id === undefined) return
      const { changes } = remove.run(toTextKey(predictionId), id)
      if (changes === 1) learners.add(id, -1)
    },
    count: learner => learners.find(learner)?.kept ?? 0,
    noneNewerThan: now => void clampTimes.run(now)
  }
}

/** The learners that predictions are kept of, by numbers of their own, with how many are kept. */
function sqliteLearners(database: Database) {
  const select = database.prepare('SELECT learner AS id, kept FROM learners WHERE name = ?')
  const insert = database.prepare('INSERT INTO learners (name, kept) VALUES (?, 0)')
  const change = database.prepare('UPDATE learners SET kept = kept + ? WHERE learner = ?')
  function find(name: string): { id: number; kept: number } | undefined {
    return select.get(toTextKey(name)) as { id: number; kept: number } | undefined
  }
  return {
    find,
    findOrMake: (name: string) => find(name) ?? { id: Number(insert.run(toTextKey(name)).lastInsertRowid), kept: 0 },
    add: (learner: number, count: number) => void change.run(count, learner)
  }
}

import type { Database } from './database.ts'
import { fromFloat64Bytes, toFloat64Bytes } from './float64-bytes.ts'
import type { OutboxPush } from './series-mirror.ts'
import { fromTextKey, type TextKey, toTextKey } from './text-key.ts'

/** Pushes that wait for Redis, in a table of a database. Series are given by their numbers in another. */
export interface SqliteOutbox {
  append(series: number, push: Pick<OutboxPush, 'value' | 'keep' | 'operationId' | 'earlier'>): void
  /** The oldest pushes: of one series, or of all. */
  first(limit: number, series?: number): OutboxPush[]
  /** @returns the id of the push's series; undefined when there was no such push */
  remove(order: number): string | undefined
  /** How many pushes wait: of one series, or of all. */
  size(series?: number): number
  /** The values of a series, newest first, as they are once the pushes that wait have been made. */
  onTopOf(values: readonly number[], series: number | undefined): number[]
}

/** The outbox of a SQLite file. */
export function sqliteOutbox(database: Database): SqliteOutbox {
  const insert = database.prepare(
    'INSERT INTO outbox (series, value, keep, operation_id, earlier) VALUES (?, ?, ?, ?, ?)'
  )
  const columns = 'place AS "order", series_id AS key, value, keep, operation_id AS operation, earlier'
  const select = database.prepare(`SELECT ${columns} FROM outbox JOIN series USING (series) ORDER BY place LIMIT ?`)
  const selectOf = database.prepare(
    `SELECT ${columns} FROM outbox JOIN series USING (series) WHERE outbox.series = ? ORDER BY place LIMIT ?`
  )
  const newestOf = database.prepare('SELECT value, keep FROM outbox WHERE series = ? ORDER BY place DESC')
  const remove = database.prepare('DELETE FROM outbox WHERE place = ? RETURNING series')
  const idOf = database.prepare('SELECT series_id AS key FROM series WHERE series = ?')
  const count = database.prepare('SELECT count(*) AS size FROM outbox')
  const countOf = database.prepare('SELECT count(*) AS size FROM outbox WHERE series = ?')
  return {
    append(series, { value, keep, operationId, earlier }) {
      insert.run(series, toFloat64Bytes([value]), keep, toTextKey(operationId), toFloat64Bytes(earlier))
    },
    first(limit, series) {
      // The tables are STRICT, so the rows have these types.
      type Row = {
        order: number
        key: TextKey
        value: Uint8Array
        keep: number
        operation: TextKey
        earlier: Uint8Array
      }
      const rows = series === undefined ? select.all(limit) : selectOf.all(series, limit)
      return (rows as Row[]).map(({ order, key, value, keep, operation, earlier }) => ({
        order,
        seriesId: fromTextKey(key),
        value: fromFloat64Bytes(value)[0]!,
        keep,
        operationId: fromTextKey(operation),
        earlier: fromFloat64Bytes(earlier)
      }))
    },
    remove(order) {
      const series = remove.get(order)?.['series']
      return series === undefined ? undefined : fromTextKey(idOf.get(series)?.['key'] as TextKey)
    },
    size: series => Number((series === undefined ? count.get() : countOf.get(series))?.['size']),
    onTopOf(values, series) {
      if (series === undefined) return [...values]
      const waiting: number[] = []
      let kept = Infinity
      for (const { value, keep } of newestOf.iterate(series) as Iterable<{ value: Uint8Array; keep: number }>) {
        // A push with a smaller keep has forgotten what lies deeper, those pushes included.
        kept = Math.min(kept, waiting.length + keep)
        if (waiting.length >= kept) break
        waiting.push(fromFloat64Bytes(value)[0]!)
      }
      return [...waiting, ...values].slice(0, kept)
    }
  }
}

import type { StreamItem } from './cursor-store.ts'
import type { Database } from './database.ts'
import { toTextKey } from './text-key.ts'

/** The cursors in the tables of a database; what changes them runs in one of its transactions. */
export interface SqliteCursors {
  position(stream: string): StreamItem
  advance(stream: string, total: number): StreamItem | undefined
  commit(stream: string, item: StreamItem): boolean
  reset(stream: string): void
}

/** The cursors of a SQLite file. */
export function sqliteCursors(database: Database): SqliteCursors {
  const select = database.prepare('SELECT position, round FROM cursors WHERE stream = ?')
  const upsert = database.prepare(
    `INSERT INTO cursors (stream, position, round) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET position = excluded.position, round = excluded.round`
  )
  function position(stream: string): StreamItem {
    const row = select.get(toTextKey(stream))
    return { index: Number(row?.['position'] ?? 0), round: Number(row?.['round'] ?? 0) }
  }
  function moveTo(stream: string, { index, round }: StreamItem): void {
    upsert.run(toTextKey(stream), index, round)
  }
  return {
    position,
    advance(stream, total) {
      const item = position(stream)
      if (item.index >= total) return undefined
      moveTo(stream, { ...item, index: item.index + 1 })
      return item
    },
    commit(stream, { index, round }) {
      const item = position(stream)
      if (item.index !== index || item.round !== round) return false
      moveTo(stream, { round, index: index + 1 })
      return true
    },
    reset(stream) {
      moveTo(stream, { index: 0, round: position(stream).round + 1 })
    }
  }
}

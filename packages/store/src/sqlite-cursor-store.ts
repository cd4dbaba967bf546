import { integerWithin } from '@millrace/common'
import type { CursorStore, StreamItem } from './cursor-store.ts'
import type { Database } from './database.ts'
import { toTextKey } from './text-key.ts'

/** In a SQLite file, shared by all processes that open it; durable as {@link openDatabase} says. */
export function sqliteCursorStore(database: Database): CursorStore {
  const select = database.prepare('SELECT position, round FROM cursors WHERE stream = ?')
  const upsert = database.prepare(
    `INSERT INTO cursors (stream, position, round) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET position = excluded.position, round = excluded.round`
  )
  function itemOf(stream: string): StreamItem {
    const row = select.get(toTextKey(stream))
    return { index: Number(row?.['position'] ?? 0), round: Number(row?.['round'] ?? 0) }
  }
  function moveTo(stream: string, { index, round }: StreamItem): void {
    upsert.run(toTextKey(stream), index, round)
  }
  return {
    async position(stream) {
      return database.read(() => itemOf(stream))
    },
    async advance(stream, total) {
      integerWithin('total', total, 0)
      return database.write(() => {
        const item = itemOf(stream)
        if (item.index >= total) return undefined
        moveTo(stream, { ...item, index: item.index + 1 })
        return item
      })
    },
    async commit(stream, { index, round }) {
      return database.write(() => {
        const item = itemOf(stream)
        if (item.index !== index || item.round !== round) return false
        moveTo(stream, { round, index: index + 1 })
        return true
      })
    },
    async reset(stream) {
      database.write(() => moveTo(stream, { index: 0, round: itemOf(stream).round + 1 }))
    }
  }
}

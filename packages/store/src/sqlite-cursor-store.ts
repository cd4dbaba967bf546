import { integerWithin } from '@millrace/common'
import type { CursorStore } from './cursor-store.ts'
import type { Database } from './database.ts'
import { toTextKey } from './text-key.ts'

/** In a SQLite file, shared by all processes that open it; durable as {@link openDatabase} says. */
export function sqliteCursorStore(database: Database): CursorStore {
  const select = database.prepare('SELECT position FROM cursors WHERE stream = ?')
  const upsert = database.prepare(
    'INSERT INTO cursors (stream, position) VALUES (?, ?) ON CONFLICT DO UPDATE SET position = excluded.position'
  )
  const remove = database.prepare('DELETE FROM cursors WHERE stream = ?')
  function positionOf(stream: string): number {
    return Number(select.get(toTextKey(stream))?.['position'] ?? 0)
  }
  return {
    async position(stream) {
      return database.read(() => positionOf(stream))
    },
    async advance(stream, total) {
      integerWithin('total', total, 0)
      return database.write(() => {
        const position = positionOf(stream)
        if (position >= total) return undefined
        upsert.run(toTextKey(stream), position + 1)
        return position
      })
    },
    async reset(stream) {
      database.write(() => remove.run(toTextKey(stream)))
    }
  }
}

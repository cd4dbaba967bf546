import { integerWithin } from '@millrace/common'
import type { CursorStore } from './cursor-store.ts'
import type { Database } from './database.ts'
import { sqliteCursors } from './sqlite-cursors.ts'

/** In a SQLite file, shared by all processes that open it; durable as {@link openDatabase} says. */
export function sqliteCursorStore(database: Database): CursorStore {
  const cursors = sqliteCursors(database)
  return {
    async position(stream) {
      return database.read(() => cursors.position(stream))
    },
    async advance(stream, total) {
      integerWithin('total', total, 0)
      return database.write(() => cursors.advance(stream, total))
    },
    async commit(stream, item) {
      return database.write(() => cursors.commit(stream, item))
    },
    async reset(stream) {
      database.write(() => cursors.reset(stream))
    }
  }
}

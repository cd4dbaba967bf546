import type { Database } from './database.ts'
import { fromTextKey, type TextKey, toTextKey } from './text-key.ts'

/** An entry of the registry, its value as JSON text. */
export interface RegistryRow {
  name: string
  text: string
  revision: number
}

/** The registry in the tables of a database; what changes it runs in one of its transactions. */
export interface SqliteRegistry {
  get(kind: string, name: string): RegistryRow | undefined
  /** In no particular order. */
  list(kind: string): RegistryRow[]
  /** @returns the new revision; undefined, with nothing changed, when the entry has not the expected one */
  put(entry: { kind: string; name: string; text: string }, expectedRevision?: number): number | undefined
}

/** The registry of a SQLite file. */
export function sqliteRegistry(database: Database): SqliteRegistry {
  const select = database.prepare('SELECT value AS text, revision FROM registry WHERE kind = ? AND name = ?')
  const selectAll = database.prepare('SELECT name AS key, value AS text, revision FROM registry WHERE kind = ?')
  const upsert = database.prepare(
    `INSERT INTO registry (kind, name, value, revision) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET value = excluded.value, revision = excluded.revision`
  )
  // The table is STRICT, so the rows have these types.
  function get(kind: string, name: string): RegistryRow | undefined {
    const row = select.get(toTextKey(kind), toTextKey(name)) as Omit<RegistryRow, 'name'> | undefined
    return row && { ...row, name }
  }
  return {
    get,
    list(kind) {
      const rows = selectAll.all(toTextKey(kind)) as { key: TextKey; text: string; revision: number }[]
      return rows.map(({ key, text, revision }) => ({ name: fromTextKey(key), text, revision }))
    },
    put({ kind, name, text }, expectedRevision) {
      const revision = get(kind, name)?.revision ?? 0
      if (expectedRevision !== undefined && expectedRevision !== revision) return undefined
      upsert.run(toTextKey(kind), toTextKey(name), text, revision + 1)
      return revision + 1
    }
  }
}

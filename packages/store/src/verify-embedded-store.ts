import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pendingSchema, type Schema, stateSchema } from './schema.ts'

/**
 * Check the files of an embedded store that nobody has open, as those of a backup are. Reads them from end to end and
 * changes nothing; a file that does not exist is no problem. Blocks, for about a second for each gigabyte.
 * @param folder that of the store
 * @returns what is wrong, one sentence each; nothing when all is well
 */
export function verifyEmbeddedStore(folder: string): string[] {
  return [stateSchema, pendingSchema].flatMap(schema => {
    const path = join(folder, schema.fileName)
    const problem = existsSync(path) ? problemOf(path, schema) : undefined
    return problem === undefined ? [] : [`${schema.fileName} ${problem}`]
  })
}

function problemOf(path: string, { applicationId, steps }: Schema): string | undefined {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { readOnly: true })
    if (pragma(connection, 'application_id') !== applicationId) return 'is the database of another program'
    if (Number(pragma(connection, 'user_version')) > steps.length) return 'was written by a newer Millrace'
    const found = pragma(connection, 'integrity_check')
    return found === 'ok' ? undefined : `is damaged: ${String(found)}`
  } catch (error) {
    return `is not a whole database: ${error instanceof Error ? error.message : String(error)}`
  } finally {
    connection?.close()
  }
}

/** The first value that a PRAGMA answers. */
function pragma(connection: DatabaseSync, name: string): unknown {
  return Object.values(connection.prepare(`PRAGMA ${name}`).get() ?? {})[0]
}

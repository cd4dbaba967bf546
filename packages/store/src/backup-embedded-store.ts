import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { backup, DatabaseSync } from 'node:sqlite'
import { MillraceError } from '@millrace/common'
import { fromFolder, fromSqlite, isDamage, isFull, storeFailed } from './database-errors.ts'
import { makeFolder, syncFolder } from './journal/durable-files.ts'
import { pendingSchema, type Schema, stateSchema } from './schema.ts'

/** A copy of one file of the store. */
export interface BackedUpFile {
  /** Its name in the folder of the store, and in that of the backup. */
  name: string
  /** Its size. */
  bytes: number
}

/** How long to wait for a process that has the file alone, as the last one has while it closes it. */
const busyTimeoutMs = 5000

/** All pages in one step: a second step would begin anew whenever another process has written in between. */
const pagesInOneStep = 2 ** 31 - 1

/**
 * Copy the files of an embedded store while others write to them. Each copy is the file as it was at one moment, is
 * checked from end to end, and appears under its name only then, whole and on the disk. A file that does not exist has
 * nothing to copy. To restore, put the copies in the place of the files while no process has them open, and remove
 * `-wal` and `-shm` files beside them.
 *
 * Copying runs in the thread pool; checking blocks the calling thread, about a second for each gigabyte.
 * @param folder that of the store
 * @param to where the copies go; made when it is missing, files of the same names in it are replaced
 * @throws {MillraceError} MILL_STORE_FAILED when a file cannot be read or written or is another program's,
 *   MILL_BACKUP_INVALID when a copy is not whole, which means that the file is damaged
 */
export async function backupEmbeddedStore(folder: string, to: string): Promise<BackedUpFile[]> {
  const target = resolve(to)
  try {
    makeFolder(target)
  } catch (error) {
    throw fromFolder(join(target, stateSchema.fileName), target, error)
  }
  const copies: BackedUpFile[] = []
  for (const schema of [stateSchema, pendingSchema]) {
    const file = resolve(folder, schema.fileName)
    if (!existsSync(file)) continue
    const copy = join(target, schema.fileName)
    await copyDatabase(file, copy, schema)
    copies.push({ name: schema.fileName, bytes: statSync(copy).size })
  }
  return copies
}

async function copyDatabase(file: string, copy: string, schema: Schema): Promise<void> {
  const unfinished = join(dirname(copy), `.${basename(copy)}.unfinished`)
  try {
    rmSync(unfinished, { force: true })
    await copyPages(file, unfinished, schema)
    check(file, unfinished)
    syncFile(unfinished)
    renameSync(unfinished, copy)
    syncFolder(dirname(copy))
  } finally {
    for (const rest of ['', '-journal', '-wal', '-shm']) rmSync(unfinished + rest, { force: true })
  }
}

async function copyPages(file: string, copy: string, { applicationId }: Schema): Promise<void> {
  let source: DatabaseSync | undefined
  try {
    source = new DatabaseSync(file, { readOnly: true, timeout: busyTimeoutMs })
    const found = source.prepare('PRAGMA application_id').get()?.['application_id']
    if (found !== applicationId) throw storeFailed(file, 'belongs to another program; choose another folder')
    await backup(source, copy, { rate: pagesInOneStep })
  } catch (error) {
    // Only the copy grows.
    throw fromSqlite(isFull(error) ? copy : file, error)
  } finally {
    source?.close()
  }
}

/** Make the copy a file of its own, without a write-ahead log beside it, and read all of it. */
function check(file: string, copy: string): void {
  const connection = new DatabaseSync(copy)
  try {
    connection.exec('PRAGMA journal_mode = DELETE')
    const found = connection.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check']
    if (found !== 'ok') throw damaged(file, String(found))
  } catch (error) {
    throw isDamage(error) ? damaged(file, error.message, error) : fromSqlite(copy, error)
  } finally {
    connection.close()
  }
}

function damaged(file: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError(
    'MILL_BACKUP_INVALID',
    `the copy of ${file} is not a whole database (SQLite: ${problem}); the file itself is probably damaged`,
    { ...(cause === undefined ? {} : { cause }), details: { path: file } }
  )
}

function syncFile(path: string): void {
  const handle = openSync(path, 'r+')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

import { DatabaseSync } from 'node:sqlite'
import { fromSqlite, isBusy } from '../database-errors.ts'

/** A lock that the operating system takes back when its process ends, however it ends. */
export interface KernelLock {
  release(): void
}

/**
 * Lock the file at `path`, making it if need be. Node.js has no file locks of its own; SQLite has, on every system, and
 * keeps them apart within a process as well. The file stays empty.
 *
 * Nothing else may open this file: closing any handle of it makes the system forget the locks that a process has on it.
 * @param waitMs how long to wait, blocking the thread, while another has it
 * @returns undefined when another has it
 * @throws {MillraceError} MILL_STORE_FAILED when the file cannot be made or locked at all
 */
export function kernelLock(path: string, waitMs = 0): KernelLock | undefined {
  let connection: DatabaseSync | undefined
  try {
    connection = new DatabaseSync(path, { timeout: waitMs })
    connection.exec('PRAGMA journal_mode = MEMORY')
    // Kept open until the end: the transaction is the lock.
    connection.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    connection?.close()
    if (isBusy(error)) return undefined
    throw fromSqlite(path, error)
  }
  const held = connection
  return {
    release() {
      if (held.isOpen) held.close()
    }
  }
}

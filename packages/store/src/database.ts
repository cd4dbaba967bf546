import { dirname, resolve } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { integerWithin } from '@millrace/common'
import { fromFolder, fromSqlite, isBusy, storeFailed } from './database-errors.ts'
import { makeFolder } from './journal/durable-files.ts'
import { migrate, type Schema, stateSchema } from './schema.ts'

/**
 * One SQLite file that several stores and several processes share. Whatever SQLite refuses arrives as
 * MILL_STORE_FAILED, naming the path and what helps, with SQLite's error as `cause`.
 *
 * Calls are synchronous, so a wait for the disk or for another process's lock stops the calling thread.
 */
export interface Database {
  /** Absolute path of the file. */
  readonly path: string
  /** Compile a statement once, to be used inside `read` and `write` only. */
  prepare(sql: string): StatementSync
  /** Run `work`, which only reads. */
  read<Result>(work: () => Result): Result
  /**
   * Run `work` as one transaction that holds the write lock from its beginning. When it throws, nothing of it
   * stays. `work` neither awaits nor calls `write`.
   */
  write<Result>(work: () => Result): Result
  /** Inside `write`: run `work` so that, when it throws, nothing of it stays but all that came before does. */
  nested<Result>(work: () => Result): Result
  /** False once SQLite has rolled the transaction of a `write` back by itself, as it does when the disk is full. */
  readonly isWriting: boolean
  /** How long calls wait for the locks of other processes from now on, in milliseconds. */
  waitForLocks(ms: number): void
  /** Close the file; every later call fails. Closing again does nothing. */
  close(): void
}

/** How a database is opened. */
export interface DatabaseOptions {
  /** What the file holds (default {@link stateSchema}). */
  schema?: Schema
  /** What a finished `write` survives: see {@link openDatabase} (default NORMAL). */
  synchronous?: 'FULL' | 'NORMAL'
  /** Integer >= 0, how long to wait for other processes (default 5000). */
  busyTimeoutMs?: number
}

/** Memory for pages of the file, in KiB: enough for the lookups of 100,000 ids of one series. */
const pageCacheKib = 16 * 1024

/** Bytes that the write-ahead log is cut to once it is free again, after a backup or another long read made it grow. */
const largestIdleLog = 16 * 1024 * 1024

/**
 * Open the database at `path`, making folder, file and tables when they are missing.
 *
 * A finished `write` survives the death of the process at any moment, `kill -9` included. After a power failure or a
 * crash of the operating system it is there too with `synchronous` FULL, at the price of an fsync each; with NORMAL the
 * last moments before it may be missing, but the file is whole. The file needs a local disk: the write-ahead log does
 * not work over a network file system.
 * @throws {MillraceError} MILL_STORE_FAILED when the file cannot be opened, read or written, is not a whole database,
 *   is another program's, or was written by a newer Millrace
 */
export function openDatabase(
  path: string,
  { schema = stateSchema, synchronous = 'NORMAL', busyTimeoutMs = 5000 }: DatabaseOptions = {}
): Database {
  integerWithin('busyTimeoutMs', busyTimeoutMs, 0)
  const file = resolve(path)
  const connection = connect(file, busyTimeoutMs)
  try {
    useWriteAheadLog(connection, file, busyTimeoutMs)
    connection.exec(
      // On macOS an fsync does not reach the disk without the first.
      `PRAGMA fullfsync = ON; PRAGMA synchronous = ${synchronous}; PRAGMA journal_size_limit = ${largestIdleLog};
       PRAGMA cache_size = -${pageCacheKib}`
    )
    const database = databaseOver(connection, file)
    database.write(() => migrate(connection, file, schema))
    return database
  } catch (error) {
    connection.close()
    throw fromSqlite(file, error)
  }
}

function connect(file: string, busyTimeoutMs: number): DatabaseSync {
  const folder = dirname(file)
  try {
    makeFolder(folder)
  } catch (error) {
    throw fromFolder(file, folder, error)
  }
  try {
    return new DatabaseSync(file, { timeout: busyTimeoutMs })
  } catch (error) {
    throw fromSqlite(file, error)
  }
}

/**
 * Entering write-ahead mode needs the file alone, and SQLite does not wait for that as it waits for other locks: of
 * several processes that create a file together, some would fail. Once a file is in that mode it stays in it.
 */
function useWriteAheadLog(connection: DatabaseSync, file: string, busyTimeoutMs: number): void {
  const deadline = performance.now() + busyTimeoutMs
  for (;;) {
    try {
      const mode = connection.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode']
      if (mode !== 'wal') throw storeFailed(file, `cannot keep a write-ahead log here; choose a path on a local disk`)
      return
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) throw error
      pause(5)
    }
  }
}

/** Stop this thread, as SQLite does while it waits for a lock. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function databaseOver(connection: DatabaseSync, path: string): Database {
  // The one place where SQLite's errors become ours.
  function guarded<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw fromSqlite(path, error)
    }
  }
  const prepare = (sql: string): StatementSync => guarded(() => connection.prepare(sql))
  const [begin, commit, rollback] = [prepare('BEGIN IMMEDIATE'), prepare('COMMIT'), prepare('ROLLBACK')]
  const [save, undo, release] = [prepare('SAVEPOINT nested'), prepare('ROLLBACK TO nested'), prepare('RELEASE nested')]
  function transaction<Result>(work: () => Result): Result {
    begin.run()
    try {
      const result = work()
      commit.run()
      return result
    } catch (error) {
      // SQLite itself has already rolled back after some errors, a full disk among them.
      if (connection.isTransaction) rollback.run()
      throw error
    }
  }
  function nested<Result>(work: () => Result): Result {
    save.run()
    try {
      return work()
    } catch (error) {
      if (connection.isTransaction) undo.run()
      throw error
    } finally {
      if (connection.isTransaction) release.run()
    }
  }
  return {
    path,
    prepare,
    read: guarded,
    write: work => guarded(() => transaction(work)),
    nested: work => guarded(() => nested(work)),
    get isWriting() {
      return connection.isTransaction
    },
    waitForLocks: ms => guarded(() => connection.exec(`PRAGMA busy_timeout = ${integerWithin('ms', ms, 0)}`)),
    close() {
      if (connection.isOpen) guarded(() => connection.close())
    }
  }
}

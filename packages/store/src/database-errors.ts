import { MillraceError } from '@millrace/common'

/** What went wrong and what helps, by SQLite's primary result code (https://sqlite.org/rescode.html). */
const advice = new Map([
  [5, 'is locked by another program; wait for that program or stop it, then try again'],
  [6, 'is locked by another program; wait for that program or stop it, then try again'],
  [8, 'is read-only; make the file and its folder writable for this user'],
  [10, 'could not be read or written; check the disk, and that it has room'],
  [11, 'is damaged; restore it from a backup, or move it away to start with an empty one'],
  [13, 'could not grow because the disk is full; free some space, then try again'],
  [14, 'could not be opened; it must be a file in a folder that is writable for this user'],
  [26, 'is not a SQLite database; choose another path, or move the file away to start with an empty one']
])

/** What went wrong with the folder, by the code of the file system's error. */
const folderAdvice = new Map([
  ['EACCES', 'make the parent folder writable for this user'],
  ['EEXIST', 'a file is in its place; choose another path, or move that file away'],
  // What Node.js makes of EROFS, among others, when it makes several folders.
  ['ENOENT', 'the file system may be read-only; choose a path where a folder can be made'],
  ['ENOSPC', 'the disk is full; free some space, then try again'],
  ['ENOTDIR', 'a file is in its place; choose another path, or move that file away'],
  ['EPERM', 'make the parent folder writable for this user'],
  ['EROFS', 'the file system is read-only; choose another path']
])

/** What helps against failures that a file can meet and a new folder hardly does. */
const fileOnlyAdvice = new Map([
  ['EACCES', 'make the folder and its files writable for this user'],
  ['EDQUOT', 'the quota is used up; free some space, then try again'],
  ['EIO', 'the disk fails; check it, and replace it if need be'],
  ['EMFILE', 'this process has too many files open; raise its limit (ulimit -n)'],
  ['ENOENT', 'the folder or file is gone; was it moved or removed?'],
  ['EPERM', 'make the folder and its files writable for this user'],
  ['EROFS', 'the file system is read-only; make it writable again']
])

/** What helps when a file could not be read or written, by the code of the file system's error. */
export function fileAdvice(code: string): string {
  return fileOnlyAdvice.get(code) ?? folderAdvice.get(code) ?? 'check the disk'
}

/** A MILL_STORE_FAILED about the database at `path`. */
export function storeFailed(path: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('MILL_STORE_FAILED', `database ${path} ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { path }
  })
}

/** The error to raise instead of `error`: a failure of SQLite as MILL_STORE_FAILED, anything else as it is. */
export function fromSqlite(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  if (error.code === 'ERR_INVALID_STATE') return storeFailed(path, 'is closed; open it again', error)
  if (error.code !== 'ERR_SQLITE_ERROR') return error
  const problem = advice.get(primaryCode(error)) ?? 'refused a statement'
  return storeFailed(path, `${problem} (SQLite: ${error.message})`, error)
}

/** The error to raise when the folder of the database at `path` could not be made. */
export function fromFolder(path: string, folder: string, error: unknown): MillraceError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
  const problem = folderAdvice.get(code) ?? 'choose a path where a folder can be made'
  return storeFailed(path, `needs the folder ${folder}, which could not be created (${code}): ${problem}`, error)
}

/** Whether SQLite gave up waiting for a lock. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && primaryCode(error) === 5
}

/** Whether there was no room for what SQLite had to write. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && primaryCode(error) === 13
}

/** Whether SQLite found that the file is not what it has written, in contrast to one that it could not read or write. */
export function isDamage(error: unknown): error is Error {
  return error instanceof Error && [11, 26].includes(primaryCode(error))
}

/** The low byte of SQLite's extended result code; 0 when there is none. */
function primaryCode(error: Error): number {
  return 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0
}

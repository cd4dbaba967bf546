import * as fs from 'node:fs'
import { canSyncFolders } from './durable-files.ts'

type Done = (error: Error | null) => void

/** What a journal's writer asks of the file system while it runs; none of it blocks the calling thread. */
export interface FileOperations {
  /** @param flags as of fs.open */
  open(path: string, flags: string, done: (error: Error | null, file: number) => void): void
  /** May write less than was asked for. */
  write(
    file: number,
    bytes: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null, written: number) => void
  ): void
  fdatasync(file: number, done: Done): void
  /** Make the names in a folder durable. */
  syncFolder(folder: string, done: Done): void
  ftruncate(file: number, length: number, done: Done): void
  close(file: number, done: Done): void
  rename(from: string, to: string, done: Done): void
  unlink(path: string, done: Done): void
}

/** The operating system's. Callbacks cost a good deal less than promises here. */
export const fileOperations: FileOperations = {
  open: fs.open,
  write: fs.write,
  fdatasync: fs.fdatasync,
  ftruncate: fs.ftruncate,
  close: fs.close,
  rename: fs.rename,
  unlink: fs.unlink,
  syncFolder(folder, done) {
    if (!canSyncFolders) return done(null)
    fs.open(folder, 'r', (error, handle) => {
      if (error !== null) return done(error)
      fs.fsync(handle, syncError => fs.close(handle, () => done(syncError)))
    })
  }
}

/** Write all of `bytes` from `offset` on, in as many writes as that takes. */
export function writeAll(
  files: FileOperations,
  file: number,
  bytes: Buffer,
  offset: number,
  position: number,
  done: Done
): void {
  files.write(file, bytes, offset, bytes.length - offset, position, (error, written) => {
    if (error !== null) return done(error)
    if (offset + written === bytes.length) return done(null)
    if (written === 0) return done(Object.assign(new Error('nothing more was written'), { code: 'EIO' }))
    writeAll(files, file, bytes, offset + written, position + written, done)
  })
}

import { closeSync, constants, fsyncSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/common'
import { syncFolder } from './durable-files.ts'
import { failedWriting } from './journal-errors.ts'
import { kernelLock } from './kernel-lock.ts'

const fileBytes = 16
/** Raising takes some milliseconds; more means that a process was stopped in the middle of it. */
const longestWaitMs = 5000

/** The number of the latest writer, in a file of f64 epoch, 4 bytes of zeros and u32 CRC-32. */
export interface EpochFile {
  /** The epoch that was set by raising it. */
  readonly epoch: number
  /** Whether nobody has raised it since. */
  isCurrent(): boolean
  close(): void
}

/**
 * Raise the epoch of the journal in `folder`; durable when this returns. Of any number of processes that do so together
 * each gets an epoch of its own.
 * @param atLeast the least the new epoch may be, should the file be lost
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export function raiseEpoch(folder: string, atLeast: number): EpochFile {
  const path = join(folder, 'epoch')
  const lock = kernelLock(`${path}.lock`, longestWaitMs)
  if (lock === undefined) {
    const problem = 'a process that is becoming its writer does not get on; end that process, then try again'
    throw new MillraceError('MILL_STORE_FAILED', `journal ${folder} is locked: ${problem}`, { details: { folder } })
  }
  try {
    return raise(folder, path, atLeast)
  } catch (error) {
    throw failedWriting(path, error)
  } finally {
    lock.release()
  }
}

function raise(folder: string, path: string, atLeast: number): EpochFile {
  const handle = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644)
  try {
    const epoch = Math.max(read(handle) + 1, atLeast)
    writeSync(handle, encoded(epoch), 0, fileBytes, 0)
    fsyncSync(handle)
    syncFolder(folder)
    return epochFile(handle, epoch)
  } catch (error) {
    closeSync(handle)
    throw error
  }
}

function epochFile(handle: number, epoch: number): EpochFile {
  const expected = encoded(epoch)
  const found = Buffer.alloc(fileBytes)
  let isOpen = true
  return {
    epoch,
    isCurrent() {
      // Anything else than this epoch, half of a new one included, is the work of a later writer.
      return isOpen && readSync(handle, found, 0, fileBytes, 0) === fileBytes && found.equals(expected)
    },
    close() {
      if (isOpen) closeSync(handle)
      isOpen = false
    }
  }
}

/** 0 when there is no whole epoch in the file. */
function read(handle: number): number {
  const bytes = Buffer.alloc(fileBytes)
  readSync(handle, bytes, 0, fileBytes, 0)
  return bytes.readUInt32LE(12) === crc32(bytes.subarray(0, 12)) ? bytes.readDoubleLE(0) : 0
}

function encoded(epoch: number): Buffer {
  const bytes = Buffer.alloc(fileBytes)
  bytes.writeDoubleLE(epoch, 0)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 12)), 12)
  return bytes
}

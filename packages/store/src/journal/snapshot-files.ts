import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync
} from 'node:fs'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/common'
import { syncFolder } from './durable-files.ts'
import { damaged, failedReading, failedWriting, newerFormat } from './journal-errors.ts'
import type { SnapshotInfo } from './journal.ts'
import { namesIn } from './segment-files.ts'

/**
 * A snapshot file, all numbers little-endian: `MILLSNAP`, u32 version, u32 CRC-32 of the state, f64 sequence, f64 time,
 * f64 bytes of the state, 20 bytes of zeros, u32 CRC-32 of what comes before; then the state.
 */
const headerBytes = 64
const formatVersion = 1
const magic = Buffer.from('MILLSNAP')
const pattern = /^(\d+)\.snapshot$/
/** The most that is written or checked in one go: the system's calls have limits below 2 GiB. */
const chunkBytes = 64 * 2 ** 20

/** A state to be kept. */
export interface Snapshot {
  /** The state holds the records up to and including this one. */
  sequence: number
  /** Milliseconds since 1970. */
  time: number
  state: Uint8Array
}

/**
 * Keep `state` as a snapshot of the journal in `folder`. When this returns the snapshot is durable; when it throws, or
 * the machine dies meanwhile, there is a whole one or none. Blocks for a write and two fsyncs: call it in a worker thread.
 *
 * The state may hold only records that their writer has committed, see {@link JournalWriter.lastSequence}.
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export function writeSnapshot(folder: string, { sequence, time, state }: Snapshot): void {
  const path = snapshotPath(folder, sequence)
  const temporary = `${path}.${process.pid}.${threadId}.tmp`
  try {
    const file = openSync(temporary, 'w')
    try {
      writeWhole(file, headerFor({ sequence, time, state }))
      writeWhole(file, state)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
    syncFolder(folder)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw failedWriting(path, error)
  }
}

/** Newest first. @throws {MillraceError} MILL_STORE_FAILED */
export function listSnapshots(folder: string): SnapshotInfo[] {
  const sequences = namesIn(folder).flatMap(name => pattern.exec(name)?.[1] ?? [])
  const snapshots = sequences.flatMap(digits => snapshotInfo(folder, Number(digits)) ?? [])
  return snapshots.toSorted((one, other) => other.sequence - one.sequence)
}

/** @throws {MillraceError} MILL_JOURNAL_DAMAGED or MILL_STORE_FAILED, see {@link JournalReader.readSnapshot} */
export function readSnapshot(folder: string, sequence: number): Uint8Array {
  const path = snapshotPath(folder, sequence)
  const bytes = readWhole(path)
  const state = bytes.subarray(headerBytes)
  const header = bytes.subarray(0, headerBytes)
  const isWhole = header.length === headerBytes && header.readUInt32LE(60) === crc32(header.subarray(0, 60))
  if (!isWhole || magic.compare(header, 0, 8) !== 0) throw damaged(path, 'the beginning of this snapshot was changed')
  const version = header.readUInt32LE(8)
  if (version > formatVersion) throw newerFormat(path, version, formatVersion)
  if (header.readDoubleLE(16) !== sequence) throw damaged(path, 'this snapshot is under a wrong name')
  if (header.readDoubleLE(32) !== state.length || header.readUInt32LE(12) !== checksum(state)) {
    throw damaged(path, 'the checksum of this snapshot does not fit')
  }
  return state
}

/** Whether the snapshot at `sequence` can be read back. @throws {MillraceError} MILL_STORE_FAILED when the disk fails */
export function isSnapshotWhole(folder: string, sequence: number): boolean {
  try {
    readSnapshot(folder, sequence)
    return true
  } catch (error) {
    if (error instanceof MillraceError && error.code !== 'MILL_STORE_FAILED') return false
    throw error
  }
}

/** The name of the file of the snapshot at `sequence`. */
export function snapshotName(sequence: number): string {
  return `${String(sequence).padStart(16, '0')}.snapshot`
}

/** Where the snapshot at `sequence` lies. */
export function snapshotPath(folder: string, sequence: number): string {
  return join(folder, snapshotName(sequence))
}

/** Whether a name is that of a snapshot that was being written. */
export function isHalfWritten(name: string): boolean {
  return /^\d+\.snapshot\.[\d.]+\.tmp$/.test(name)
}

function headerFor({ sequence, time, state }: Snapshot): Buffer {
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  header.writeUInt32LE(formatVersion, 8)
  header.writeUInt32LE(checksum(state), 12)
  header.writeDoubleLE(sequence, 16)
  header.writeDoubleLE(time, 24)
  header.writeDoubleLE(state.length, 32)
  header.writeUInt32LE(crc32(header.subarray(0, 60)), 60)
  return header
}

/** Size and time without looking at the state; undefined when the file went away. */
function snapshotInfo(folder: string, sequence: number): SnapshotInfo | undefined {
  const path = snapshotPath(folder, sequence)
  try {
    const { size, mtimeMs } = statSync(path)
    return { sequence, bytes: size, time: timeIn(path) ?? mtimeMs }
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw failedReading(path, error)
  }
}

function timeIn(path: string): number | undefined {
  const header = Buffer.alloc(headerBytes)
  const file = openSync(path, 'r')
  try {
    const length = readSync(file, header, 0, headerBytes, 0)
    const isWhole = length === headerBytes && header.readUInt32LE(60) === crc32(header.subarray(0, 60))
    return isWhole ? header.readDoubleLE(24) : undefined
  } finally {
    closeSync(file)
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, Math.min(chunkBytes, bytes.length - at))
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw failedReading(path, error)
  }
}

function checksum(bytes: Uint8Array): number {
  let value = 0
  for (let at = 0; at < bytes.length; at += chunkBytes) value = crc32(bytes.subarray(at, at + chunkBytes), value)
  return value
}

import { crc32 } from 'node:zlib'
import type { Durability } from '../durability.ts'
import type { JournalRecord } from './journal.ts'

/**
 * The bytes of a segment file, all numbers little-endian.
 *
 * Header, 64 bytes: `MILLJRNL`, u32 version, u32 durability (0 none, 1 os, 2 fsync), f64 epoch, f64 number, f64 first
 * sequence, f64 time it was made, 8 bytes of zeros, 4 more, u32 CRC-32 of what comes before. Every version keeps the
 * places of the name, the version and the checksum.
 *
 * Then frames, one for each group commit: `MFRM`, u32 CRC-32 of all that follows in the frame, u32 bytes of the body,
 * u32 number of records, f64 first sequence, f64 time; then the body: each record as u32 length and its bytes. The
 * checksum starts from a value that the name of the segment gives, so that a frame of another file is no frame here. A
 * frame without records is the seal that a clean stop puts at the end.
 *
 * Sequences, epochs and times are doubles because JavaScript's whole numbers are exact in them.
 */
export const segmentHeaderBytes = 64
export const frameHeaderBytes = 32
export const recordHeaderBytes = 4
export const formatVersion = 1

const segmentMagic = Buffer.from('MILLJRNL')
const frameMagic = Buffer.from('MFRM')
const frameMagicNumber = frameMagic.readUInt32LE(0)
const durabilityCodes: readonly Durability[] = ['none', 'os', 'fsync']

/** What distinguishes a segment from all others of its journal. */
export interface SegmentIdentity {
  epoch: number
  /** Counts the segments of one epoch. */
  number: number
  /** Position of its first record. */
  first: number
  durability: Durability
}

/** What the checksums of a segment's frames start from. */
export function frameSeed({ epoch, number, first }: SegmentIdentity): number {
  return crc32(`${epoch} ${number} ${first}`)
}

/** Writes a segment's header to the beginning of `bytes`. */
export function putSegmentHeader(bytes: Buffer, identity: SegmentIdentity, time: number): void {
  bytes.fill(0, 0, segmentHeaderBytes)
  segmentMagic.copy(bytes)
  bytes.writeUInt32LE(formatVersion, 8)
  bytes.writeUInt32LE(durabilityCodes.indexOf(identity.durability), 12)
  bytes.writeDoubleLE(identity.epoch, 16)
  bytes.writeDoubleLE(identity.number, 24)
  bytes.writeDoubleLE(identity.first, 32)
  bytes.writeDoubleLE(time, 40)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
}

/** Whether a header is that of `identity`; a number is the newer version that wrote it. */
export function checkSegmentHeader(bytes: Buffer, identity: SegmentIdentity): boolean | number {
  if (bytes.length < segmentHeaderBytes || segmentMagic.compare(bytes, 0, 8) !== 0) return false
  if (bytes.readUInt32LE(60) !== crc32(bytes.subarray(0, 60))) return false
  const version = bytes.readUInt32LE(8)
  if (version > formatVersion) return version
  return (
    bytes.readUInt32LE(12) === durabilityCodes.indexOf(identity.durability) &&
    bytes.readDoubleLE(16) === identity.epoch &&
    bytes.readDoubleLE(24) === identity.number &&
    bytes.readDoubleLE(32) === identity.first
  )
}

/** A whole frame within the bytes of a segment. */
export interface Frame {
  offset: number
  /** Where the next frame begins. */
  end: number
  /** Position of its first record; of the next record to come when it has none. */
  first: number
  /** Number of records; 0 for a seal. */
  count: number
  time: number
}

/** Completes the frame that lies in `bytes` with room for its header in front. */
export function putFrameHeader(bytes: Buffer, frame: Pick<Frame, 'first' | 'count' | 'time'>, seed: number): void {
  bytes.writeUInt32LE(frameMagicNumber, 0)
  bytes.writeUInt32LE(bytes.length - frameHeaderBytes, 8)
  bytes.writeUInt32LE(frame.count, 12)
  bytes.writeDoubleLE(frame.first, 16)
  bytes.writeDoubleLE(frame.time, 24)
  bytes.writeUInt32LE(crc32(bytes.subarray(8), seed), 4)
}

/** Where the frame at `offset` says that it ends; 0 when there is none. */
export function frameEnd(bytes: Buffer, offset: number): number {
  if (offset + frameHeaderBytes > bytes.length || bytes.readUInt32LE(offset) !== frameMagicNumber) return 0
  return offset + frameHeaderBytes + bytes.readUInt32LE(offset + 8)
}

/** The frame at `offset`; undefined when there is no whole one. */
export function frameAt(bytes: Buffer, offset: number, seed: number): Frame | undefined {
  const end = frameEnd(bytes, offset)
  if (end === 0 || end > bytes.length) return undefined
  if (bytes.readUInt32LE(offset + 4) !== crc32(bytes.subarray(offset + 8, end), seed)) return undefined
  return {
    offset,
    end,
    count: bytes.readUInt32LE(offset + 12),
    first: bytes.readDoubleLE(offset + 16),
    time: bytes.readDoubleLE(offset + 24)
  }
}

/** The next whole frame that begins at `offset` or later, wherever. Only for damaged files: looks at every byte. */
export function frameAfter(bytes: Buffer, offset: number, seed: number): Frame | undefined {
  for (let at = bytes.indexOf(frameMagic, offset); at >= 0; at = bytes.indexOf(frameMagic, at + 1)) {
    const frame = frameAt(bytes, at, seed)
    if (frame !== undefined) return frame
  }
  return undefined
}

/** The records of a frame, as views of `bytes`. */
export function recordsOf(bytes: Buffer, frame: Frame): JournalRecord[] {
  const records: JournalRecord[] = []
  let at = frame.offset + frameHeaderBytes
  for (let index = 0; index < frame.count; index++) {
    const start = at + recordHeaderBytes
    at = start + bytes.readUInt32LE(at)
    records.push({ sequence: frame.first + index, time: frame.time, payload: bytes.subarray(start, at) })
  }
  return records
}

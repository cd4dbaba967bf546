import { readFileSync } from 'node:fs'
import { damaged, failedReading, newerFormat } from './journal-errors.ts'
import type { SegmentFile } from './segment-files.ts'
import {
  checkSegmentHeader,
  type Frame,
  formatVersion,
  frameAfter,
  frameAt,
  frameSeed,
  segmentHeaderBytes
} from './segment-format.ts'

/** What is in a segment file, as far as it is whole. */
export interface SegmentScan {
  bytes: Buffer
  /** The whole frames from the beginning, each following the one before. */
  frames: Frame[]
  /** Position of the record that would follow. */
  next: number
  /** Where the last whole frame ends; 0 when even the header is not whole. */
  end: number
  /** Ended by a clean stop. */
  isSealed: boolean
  /**
   * What follows the whole frames: nothing; bytes that make no frame, as after a crash; or bytes with a whole frame
   * behind them, so that something between was lost.
   */
  tail: 'none' | 'torn' | 'damaged'
}

/**
 * Read and check a whole segment: one read and one checksum of the file.
 * @param from damage before this record does not matter
 * @param read reads the file
 * @throws {MillraceError} MILL_STORE_FAILED when it cannot be read, MILL_STATE_INVALID when a newer Millrace wrote it
 */
export function scanSegment(
  segment: SegmentFile,
  from: number,
  read: () => Buffer = () => readWhole(segment.path)
): SegmentScan {
  const scan = scanBytes(segment, read(), from)
  // A frame that was being written while it was read looks damaged if the next one came in before the read ended. It
  // cannot look so twice, because a frame does not change once another follows.
  return scan.tail === 'damaged' ? scanBytes(segment, read(), from) : scan
}

/** Checks the contents of a segment. @throws {MillraceError} MILL_STATE_INVALID when a newer Millrace wrote it */
function scanBytes(segment: SegmentFile, bytes: Buffer, from: number): SegmentScan {
  const header = checkSegmentHeader(bytes, segment)
  if (typeof header === 'number') throw newerFormat(segment.path, header, formatVersion)
  const seed = frameSeed(segment)
  const scan: SegmentScan = { bytes, frames: [], next: segment.first, end: 0, isSealed: false, tail: 'none' }
  if (header) scan.end = segmentHeaderBytes
  for (;;) {
    if (header) takeFrames(scan, seed)
    if (header && scan.end === bytes.length) return scan
    const resumes = frameAfter(bytes, scan.end, seed)
    if (resumes === undefined) return { ...scan, tail: 'torn' }
    if (!header || resumes.first > from || resumes.first < scan.next) return { ...scan, tail: 'damaged' }
    scan.end = resumes.offset
    scan.next = resumes.first
  }
}

function takeFrames(scan: SegmentScan, seed: number): void {
  for (;;) {
    const frame = frameAt(scan.bytes, scan.end, seed)
    if (frame === undefined || frame.first !== scan.next) return
    scan.end = frame.end
    scan.next += frame.count
    scan.isSealed = frame.count === 0
    if (frame.count > 0) scan.frames.push(frame)
  }
}

/** Position of the last record in a whole frame, wherever in the segment; 0 when there is none. */
export function lastSequenceSeen(segment: SegmentFile, { bytes, next, end }: SegmentScan): number {
  const seed = frameSeed(segment)
  let last = next - 1
  for (let frame = frameAfter(bytes, end, seed); frame !== undefined; frame = frameAfter(bytes, frame.end, seed)) {
    last = Math.max(last, frame.first + frame.count - 1)
  }
  return last
}

/**
 * Whether records of a segment that count are missing or were changed. In the newest segment, frames that were not synced
 * may be lost in any order by a power failure: what is behind a hole there is no more than a torn end.
 */
export function isDamaged({ limit, durability }: SegmentFile, { next, tail }: SegmentScan): boolean {
  if (next >= limit || tail === 'none') return false
  return Number.isFinite(limit) || (tail === 'damaged' && durability === 'fsync')
}

/** A MILL_JOURNAL_DAMAGED that says where in the segment. */
export function damagedAt({ path }: SegmentFile, { end: offset, next: sequence, bytes }: SegmentScan): Error {
  const where = `record ${sequence} should be at byte ${offset} of ${bytes.length}`
  return damaged(path, `${where}, but what is there was changed or lost after it was written`, { offset, sequence })
}

function readWhole(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw failedReading(path, error)
  }
}

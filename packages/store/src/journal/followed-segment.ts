import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { failedReading } from './journal-errors.ts'
import type { JournalRecord } from './journal.ts'
import type { SegmentFile } from './segment-files.ts'
import { frameAfter, frameAt, frameEnd, frameSeed, recordsOf, segmentHeaderBytes } from './segment-format.ts'
import { damagedAt, scanSegment } from './segment-scan.ts'

/** The most that is read at once, but for a single frame that is larger. */
const chunkBytes = 8 * 2 ** 20

/** Reads a segment while it is being written: only what is new, and only whole frames. */
export class FollowedSegment {
  readonly segment: SegmentFile
  readonly #file: number
  readonly #seed: number
  /** Where the next frame begins; 0 before the header is there. */
  #position = 0
  /** Position of the next frame's first record. */
  #next: number

  /** @throws the error of the file system when there is no such file */
  constructor(segment: SegmentFile) {
    this.segment = segment
    this.#file = openSync(segment.path, 'r')
    this.#seed = frameSeed(segment)
    this.#next = segment.first
  }

  /** Whether all bytes of the file were read. */
  get isAtEnd(): boolean {
    return fstatSync(this.#file).size === this.#position
  }

  close(): void {
    closeSync(this.#file)
  }

  /**
   * The records of the whole frames that come next; none when there are none yet.
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED, MILL_STORE_FAILED, MILL_STATE_INVALID as for {@link scanSegment}
   */
  read(): JournalRecord[] {
    if (this.#position === 0 && !this.#hasHeader()) return []
    const bytes = this.#chunk(chunkBytes)
    const records = this.#take(bytes)
    if (records.length > 0 || bytes.length === 0) return records
    const length = frameEnd(bytes, 0)
    if (length > chunkBytes) return this.#take(this.#chunk(length))
    // A frame that is not whole with a whole one behind it. Unless it has become whole meanwhile, it is damaged.
    if (frameAfter(bytes, 0, this.#seed) !== undefined) this.#check()
    return []
  }

  #hasHeader(): boolean {
    if (fstatSync(this.#file).size < segmentHeaderBytes) return false
    this.#check()
    this.#position = segmentHeaderBytes
    return true
  }

  /** Damage in frames that were not synced is a torn end that a power failure has left. */
  #check(): void {
    const scan = scanSegment(this.segment, this.segment.first)
    if (scan.tail === 'damaged' && this.segment.durability === 'fsync') throw damagedAt(this.segment, scan)
  }

  #take(bytes: Buffer): JournalRecord[] {
    const records: JournalRecord[] = []
    for (let at = 0; ;) {
      const frame = frameAt(bytes, at, this.#seed)
      if (frame === undefined || frame.first !== this.#next) return records
      for (const record of recordsOf(bytes, frame)) records.push(record)
      this.#next += frame.count
      this.#position += frame.end - at
      at = frame.end
    }
  }

  #chunk(length: number): Buffer {
    try {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, fstatSync(this.#file).size - this.#position)))
      return bytes.subarray(0, readSync(this.#file, bytes, 0, bytes.length, this.#position))
    } catch (error) {
      throw failedReading(this.segment.path, error)
    }
  }
}

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { failedReading } from './journal-errors.ts'
import type { JournalRecord } from './journal.ts'
import type { SegmentFile } from './segment-files.ts'
import { frameAfter, frameAt, frameEnd, frameSeed, recordsOf } from './segment-format.ts'
import { damagedAt, isDamaged, type SegmentScan, scanSegment } from './segment-scan.ts'

/** The most that is read at once of what is new, but for a single frame that is larger. */
const chunkBytes = 8 * 2 ** 20

/** Reads a segment while it is being written: at first all of it, then only what is new, and only whole frames. */
export class FollowedSegment {
  readonly segment: SegmentFile
  readonly #file: number
  readonly #seed: number
  /** Where the next frame begins; 0 before the header is there. */
  #position = 0
  /** Position of the next frame's first record. */
  #next: number

  /** @throws {MillraceError} MILL_STORE_FAILED, also when there is no such file */
  constructor(segment: SegmentFile) {
    this.segment = segment
    this.#file = guarded(segment, () => openSync(segment.path, 'r'))
    this.#seed = frameSeed(segment)
    this.#next = segment.first
  }

  close(): void {
    closeSync(this.#file)
  }

  /**
   * The records of the whole frames that come next; none when there are none yet.
   * @param from damage before this record does not matter
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED, MILL_STORE_FAILED, MILL_STATE_INVALID as for {@link scanSegment}
   */
  read(from: number): JournalRecord[] {
    if (this.#position === 0) return this.#readAll(from)
    const bytes = this.#chunk(this.#position, chunkBytes)
    const records = this.#take(bytes)
    if (records.length > 0 || bytes.length === 0) return records
    const length = frameEnd(bytes, 0)
    if (length > chunkBytes) return this.#take(this.#chunk(this.#position, length))
    // A frame that is not whole with a whole one behind it has become whole meanwhile, or is damaged.
    if (frameAfter(bytes, 0, this.#seed) !== undefined) this.scan(from)
    return []
  }

  /** Reads and checks all of it. @throws {MillraceError} see `read` */
  scan(from: number): SegmentScan {
    const scan = scanSegment(this.segment, from, () => this.#chunk(0, Number.POSITIVE_INFINITY))
    if (isDamaged(this.segment, scan)) throw damagedAt(this.segment, scan)
    return scan
  }

  #readAll(from: number): JournalRecord[] {
    const { bytes, frames, end, next } = this.scan(from)
    this.#position = end
    this.#next = next
    return frames.flatMap(frame => recordsOf(bytes, frame))
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

  /** What the file has from `position` on, at most `length` bytes. */
  #chunk(position: number, length: number): Buffer {
    return guarded(this.segment, () => {
      const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, fstatSync(this.#file).size - position)))
      let end = 0
      for (let read = -1; read !== 0 && end < bytes.length; end += read) {
        read = readSync(this.#file, bytes, end, bytes.length - end, position + end)
      }
      return bytes.subarray(0, end)
    })
  }
}

function guarded<Result>({ path }: SegmentFile, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw failedReading(path, error)
  }
}

import { FollowedSegment } from './followed-segment.ts'
import { isGone } from './journal-errors.ts'
import type { JournalRecord, JournalTail } from './journal.ts'
import { isLater, listSegments, type SegmentFile } from './segment-files.ts'
import { damagedAt } from './segment-scan.ts'

/**
 * Follow the journal in `folder` from record `from` on, see {@link JournalReader.tail}. A poll lists the folder and reads
 * what is new, at most one segment, 8 MiB or one frame.
 */
export function tailJournal(folder: string, from: number): JournalTail {
  return new FileTail(folder, from)
}

class FileTail implements JournalTail {
  readonly #folder: string
  /** Position of the next record to hand out. */
  #next: number
  #followed: FollowedSegment | undefined
  #hasHandedOut = false
  #isLost = false

  constructor(folder: string, from: number) {
    this.#folder = folder
    this.#next = from
  }

  poll(): JournalRecord[] | undefined {
    const records = this.#isLost ? undefined : this.#advance(listSegments(this.#folder))
    this.#isLost = records === undefined
    return records
  }

  close(): void {
    this.#followed?.close()
    this.#followed = undefined
  }

  #advance(segments: readonly SegmentFile[]): JournalRecord[] | undefined {
    for (;;) {
      this.#followed ??= this.#open(segments)
      if (this.#followed === undefined) return segments.length === 0 ? [] : undefined
      const limit = limitOf(this.#followed.segment, segments)
      // Some of the records that were handed out have become void.
      if (limit < this.#next && this.#hasHandedOut) return undefined
      if (limit > this.#next) return this.#read(this.#followed, limit)
      this.close()
    }
  }

  /** Begin to follow the segment that holds the next record; undefined when there is none. */
  #open(segments: readonly SegmentFile[]): FollowedSegment | undefined {
    const segment = segments.find(({ first, limit }) => first <= this.#next && this.#next < limit)
    try {
      return segment && new FollowedSegment(segment)
    } catch (error) {
      if (isGone(error)) return undefined
      throw error
    }
  }

  /** The records below `limit` that have come to the segment. */
  #read(followed: FollowedSegment, limit: number): JournalRecord[] | undefined {
    for (;;) {
      const records = followed.read(this.#next)
      const wanted = records.filter(({ sequence }) => sequence >= this.#next && sequence < limit)
      this.#next += wanted.length
      this.#hasHandedOut ||= wanted.length > 0
      if (wanted.length > 0) return wanted
      if (records.length > 0 && records.at(-1)!.sequence < limit) continue
      return limit === Number.POSITIVE_INFINITY ? [] : this.#gap(followed)
    }
  }

  /**
   * A later segment was there before this one was read to its end, and does not begin where this one ends.
   * @returns undefined when the segments between were pruned
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED when this one is not whole
   */
  #gap(followed: FollowedSegment): undefined {
    const scan = followed.scan(this.#next)
    if (scan.tail !== 'none') throw damagedAt(followed.segment, scan)
    return undefined
  }
}

/** Where the records of `segment` become void, according to a later list. */
function limitOf(segment: SegmentFile, segments: readonly SegmentFile[]): number {
  return Math.min(...segments.filter(one => isLater(one, segment)).map(({ first }) => first))
}

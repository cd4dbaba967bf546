import { listEffective, type SegmentFile } from './segment-files.ts'
import { recordsOf } from './segment-format.ts'
import { damagedAt, lastSequenceSeen, type SegmentScan, scanSegment } from './segment-scan.ts'
import { isSnapshotWhole, listSnapshots } from './snapshot-files.ts'

/** Something about a journal that whoever runs it should know: a fixed sentence and the facts, for a log. */
export interface JournalNote {
  message: string
  details: Record<string, unknown>
}

/** A frame as it was read. */
export interface LastFrame {
  first: number
  time: number
  payloads: Uint8Array[]
}

/** Where a journal ends, as found by the one who will write on. */
export interface JournalEnd {
  /** Position of the last record. */
  lastSequence: number
  /** When it was written, in milliseconds since 1970. */
  lastTime: number
  /** Whether the last writer stopped cleanly, or there was none. */
  isSealed: boolean
  /** The last frame of a writer that did not: it may not have been synced. */
  lastFrame: LastFrame | undefined
  notes: JournalNote[]
}

/**
 * Find the end of the journal in `folder`. Reads the newest segment, and those before it that were not synced back to the
 * newest snapshot, where a power failure may have left holes.
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED when synced records were changed, MILL_STORE_FAILED, MILL_STATE_INVALID
 */
export function findEnd(folder: string): JournalEnd {
  const newestSnapshot = listSnapshots(folder)[0]
  const scans = scanEnd(listEffective(folder), (newestSnapshot?.sequence ?? 0) + 1)
  const end: JournalEnd = { lastSequence: 0, lastTime: 0, isSealed: true, lastFrame: undefined, notes: [] }
  for (const [index, { segment, scan }] of scans.entries()) {
    take(end, segment, scan)
    if (scan.next >= segment.limit) continue
    checkLoss(end, segment, scan, scans.slice(index + 1))
    break
  }
  return withSnapshot(folder, end)
}

interface ScannedSegment {
  segment: SegmentFile
  scan: SegmentScan
}

/** The segments that have to be looked at, oldest first. */
function scanEnd(segments: readonly SegmentFile[], needed: number): ScannedSegment[] {
  const scans: ScannedSegment[] = []
  const isSynced = segments.at(-1)?.durability === 'fsync'
  for (const segment of segments.toReversed()) {
    const hasFrame = scans.some(({ scan }) => scan.frames.length > 0)
    // Whoever began a synced segment has synced all before it.
    if (hasFrame && (isSynced || segment.durability === 'fsync' || segment.limit <= needed)) break
    scans.unshift({ segment, scan: scanSegment(segment, needed) })
  }
  return scans
}

function take(end: JournalEnd, segment: SegmentFile, scan: SegmentScan): void {
  const frame = scan.frames.findLast(({ first }) => first < segment.limit)
  end.lastSequence = Math.min(scan.next, segment.limit) - 1
  end.isSealed = scan.isSealed && scan.tail === 'none'
  if (frame === undefined) return
  const payloads = recordsOf(scan.bytes, frame).map(({ payload }) => payload)
  end.lastTime = frame.time
  end.lastFrame = { first: frame.first, time: frame.time, payloads }
}

/** A segment ends before it should: by a crash, by a power failure, or because acknowledged bytes were changed. */
function checkLoss(end: JournalEnd, segment: SegmentFile, scan: SegmentScan, later: readonly ScannedSegment[]): void {
  if (scan.tail === 'none' && later.length === 0) return
  if (segment.durability === 'fsync' && (scan.tail === 'damaged' || later.length > 0)) throw damagedAt(segment, scan)
  const bytes = [...later.map(one => one.scan.bytes.length), scan.bytes.length - scan.end].reduce(
    (sum, one) => sum + one
  )
  const lastSeen = Math.max(...[{ segment, scan }, ...later].map(one => lastSequenceSeen(one.segment, one.scan)))
  const records = Math.max(0, lastSeen - scan.next + 1)
  const message = records === 0 ? 'cut off an end that was never finished' : 'lost records that were never synced'
  const details = { path: segment.path, offset: scan.end, bytes, records, lastSequence: scan.next - 1 }
  end.isSealed = false
  end.notes.push({ message, details })
}

/**
 * After a power failure a synced snapshot may hold more than a journal that was not synced. The records between are only
 * in the snapshot then, and the journal goes on after it.
 */
function withSnapshot(folder: string, end: JournalEnd): JournalEnd {
  for (const { sequence, time } of listSnapshots(folder)) {
    if (sequence <= end.lastSequence) break
    if (!isSnapshotWhole(folder, sequence)) continue
    const details = { path: folder, sequence, lastSequence: end.lastSequence }
    const message = 'a snapshot holds more than the journal; the journal goes on after it'
    const notes = [...end.notes, { message, details }]
    const lastTime = Math.max(time, end.lastTime)
    return { lastSequence: sequence, lastTime, isSealed: false, lastFrame: undefined, notes }
  }
  return end
}

import { missing } from './journal-errors.ts'
import type { JournalReader, JournalRecord } from './journal.ts'
import { listEffective } from './segment-files.ts'
import { type Frame, recordsOf } from './segment-format.ts'
import { damagedAt, isDamaged, type SegmentScan, scanSegment } from './segment-scan.ts'
import { listSnapshots, readSnapshot } from './snapshot-files.ts'
import { tailJournal } from './journal-tail.ts'

/**
 * Reads the journal in `folder`, which another process or thread may be writing. A folder that is missing is an empty
 * journal. Every record handed out has passed its checksum; payloads are views of what was read, so keep a copy of one
 * that is kept for long. Memory: one segment at a time.
 */
export function openJournalReader(folder: string): JournalReader {
  return {
    snapshots: () => listSnapshots(folder),
    readSnapshot: sequence => readSnapshot(folder, sequence),
    firstSequence: () => firstSequence(folder),
    records: from => recordsFrom(folder, Math.max(1, from)),
    tail: from => tailJournal(folder, from)
  }
}

function firstSequence(folder: string): number {
  const oldest = listEffective(folder)[0]
  if (oldest !== undefined) return oldest.first
  return (listSnapshots(folder)[0]?.sequence ?? 0) + 1
}

function* recordsFrom(folder: string, from: number): Generator<JournalRecord, undefined> {
  let next = from
  for (const segment of listEffective(folder).filter(({ limit }) => limit > from)) {
    if (segment.first > next) throw missing(folder, next, segment.first)
    const scan = scanSegment(segment, from)
    for (const frame of scan.frames) yield* wanted(scan, frame, from, segment.limit)
    if (isDamaged(segment, scan)) throw damagedAt(segment, scan)
    next = Math.max(next, Math.min(scan.next, segment.limit))
  }
  return undefined
}

/** The records of a frame that were asked for and are not void. */
function wanted({ bytes }: SegmentScan, frame: Frame, from: number, limit: number): JournalRecord[] {
  const end = frame.first + frame.count
  if (end <= from || frame.first >= limit) return []
  const records = recordsOf(bytes, frame)
  if (frame.first >= from && end <= limit) return records
  return records.filter(({ sequence }) => sequence >= from && sequence < limit)
}

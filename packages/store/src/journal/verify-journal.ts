import { damagedAt, isDamaged, lastSequenceSeen, type SegmentScan, scanSegment } from './segment-scan.ts'
import { listSegments, type SegmentFile } from './segment-files.ts'
import { listSnapshots, readSnapshot } from './snapshot-files.ts'

/** What became of a segment. */
export interface SegmentReport {
  /** Name of the file. */
  file: string
  epoch: number
  durability: SegmentFile['durability']
  /** Position of its first and last record that count; `last` is `first - 1` when there is none. */
  first: number
  last: number
  records: number
  /** Size of the file. */
  bytes: number
  /**
   * `ok`; `torn`: the newest one has an end that was never finished, as after a crash; `damaged`: records are missing or
   * were changed; `voided`: a later segment replaces it all.
   */
  state: 'ok' | 'torn' | 'damaged' | 'voided'
}

/** What became of a snapshot. */
export interface SnapshotReport {
  sequence: number
  /** When it was taken, in milliseconds since 1970. */
  time: number
  bytes: number
  state: 'ok' | 'damaged'
}

/** All there is to say about the files of a journal. */
export interface JournalReport {
  /** Oldest first. */
  segments: SegmentReport[]
  /** Newest first. */
  snapshots: SnapshotReport[]
  /** Position of the first record that is kept and of the last; `lastSequence` counts the newest whole snapshot too. */
  firstSequence: number
  lastSequence: number
  /** Records that count, and the size of all files. */
  records: number
  bytes: number
  /** One sentence each; none when all is well. */
  problems: string[]
}

/**
 * Read and check every byte of the journal in `folder`, which may be in use. Memory: one segment or snapshot.
 * @throws {MillraceError} MILL_STORE_FAILED when the folder cannot be read
 */
export function verifyJournal(folder: string): JournalReport {
  const problems: string[] = []
  const snapshots = listSnapshots(folder).map(({ sequence, time, bytes }): SnapshotReport => {
    const problem = failureOf(() => readSnapshot(folder, sequence))
    if (problem !== undefined) problems.push(problem)
    return { sequence, time, bytes, state: problem === undefined ? 'ok' : 'damaged' }
  })
  const segments = listSegments(folder).map(segment => reportOf(segment, problems))
  const kept = segments.filter(({ state }) => state !== 'voided')
  const newestWhole = snapshots.find(({ state }) => state === 'ok')?.sequence ?? 0
  findGaps(kept, newestWhole, problems)
  return {
    segments,
    snapshots,
    firstSequence: kept[0]?.first ?? newestWhole + 1,
    lastSequence: Math.max(kept.at(-1)?.last ?? 0, newestWhole),
    records: kept.reduce((sum, { records }) => sum + records, 0),
    bytes: [...segments, ...snapshots].reduce((sum, { bytes }) => sum + bytes, 0),
    problems
  }
}

function reportOf(segment: SegmentFile, problems: string[]): SegmentReport {
  const { name: file, epoch, durability, first, limit } = segment
  const report: SegmentReport = { file, epoch, durability, first, last: first - 1, records: 0, bytes: 0, state: 'ok' }
  const problem = failureOf(() => {
    const scan = scanSegment(segment, first)
    report.last = Math.min(scan.next, limit) - 1
    report.records = Math.max(0, report.last - first + 1)
    report.bytes = scan.bytes.length
    report.state = stateOf(segment, scan)
    if (report.state === 'damaged') throw damagedAt(segment, scan)
    if (report.state === 'torn' && scan.tail === 'damaged') problems.push(lost(segment, scan))
  })
  if (first >= limit) return { ...report, last: first - 1, records: 0, state: 'voided' }
  if (problem === undefined) return report
  problems.push(problem)
  return { ...report, state: 'damaged' }
}

function stateOf(segment: SegmentFile, scan: SegmentScan): SegmentReport['state'] {
  if (isDamaged(segment, scan)) return 'damaged'
  return scan.next < segment.limit && scan.tail !== 'none' ? 'torn' : 'ok'
}

function lost(segment: SegmentFile, scan: SegmentScan): string {
  const last = lastSequenceSeen(segment, scan)
  return `${segment.path}: records ${scan.next} to ${last} were not synced and are lost; the journal ends before them`
}

/** Records between two segments, or before the first one, that are nowhere. */
function findGaps(segments: readonly SegmentReport[], newestWhole: number, problems: string[]): void {
  for (const [index, { first, file }] of segments.entries()) {
    const next = (segments[index - 1]?.last ?? newestWhole) + 1
    if (first <= next || (index > 0 && segments[index - 1]!.state === 'damaged')) continue
    if (index > 0 || newestWhole > 0 || first > 1)
      problems.push(`records ${next} to ${first - 1} are missing before ${file}`)
  }
}

/** What `work` throws, as text. */
function failureOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

import { rmSync, statSync } from 'node:fs'
import { integerWithin } from '@millrace/common'
import { syncFolder } from './durable-files.ts'
import { failedWriting } from './journal-errors.ts'
import { listSegments, type SegmentFile } from './segment-files.ts'
import { isSnapshotWhole, listSnapshots, snapshotPath } from './snapshot-files.ts'

/** What may go from a journal's folder. */
export interface Retention {
  /** Segments are kept, even if no snapshot needs them, as long as all together take no more than this. */
  retentionBytes: number
  /** How many snapshots to keep (default 2), so that a damaged one is no loss. */
  keepSnapshots?: number
}

/** What went from a journal's folder. */
export interface Pruned {
  snapshots: number
  segments: number
  /** Bytes of the files that went. */
  bytes: number
}

/**
 * Remove old snapshots and old segments from the journal in `folder`. As many of the newest snapshots as are to be kept
 * are read back first; before there are as many whole ones, nothing goes. Records that came after the oldest of them
 * always stay. May run beside the writer and readers of the journal, in any thread or process, and be cut off at any
 * moment. Costs a read of the snapshots that are kept.
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export function pruneJournal(folder: string, { retentionBytes, keepSnapshots = 2 }: Retention): Pruned {
  integerWithin('retentionBytes', retentionBytes, 0)
  integerWithin('keepSnapshots', keepSnapshots, 1)
  const pruned: Pruned = { snapshots: 0, segments: 0, bytes: 0 }
  const oldest = oldestToKeep(folder, keepSnapshots)
  if (oldest === undefined) return pruned
  for (const { sequence, bytes } of listSnapshots(folder).filter(one => one.sequence < oldest)) {
    remove(folder, snapshotPath(folder, sequence))
    pruned.snapshots++
    pruned.bytes += bytes
  }
  for (const { path, bytes } of unneeded(listSegments(folder), oldest, retentionBytes)) {
    remove(folder, path)
    pruned.segments++
    pruned.bytes += bytes
  }
  return pruned
}

/** The sequence of the last of `count` newest whole snapshots; undefined when there are not as many. */
function oldestToKeep(folder: string, count: number): number | undefined {
  let whole = 0
  for (const { sequence } of listSnapshots(folder)) {
    if (isSnapshotWhole(folder, sequence)) whole++
    if (whole === count) return sequence
  }
  return undefined
}

/**
 * The oldest segments of which the snapshot at `sequence` holds all records, as many as are too many. Going from the
 * oldest on never takes a segment that makes records of a remaining one void, and never the newest.
 */
function unneeded(
  segments: readonly SegmentFile[],
  sequence: number,
  retentionBytes: number
): { path: string; bytes: number }[] {
  const sized = segments.map(({ path, limit }) => ({ path, limit, bytes: sizeOf(path) }))
  let total = sized.reduce((sum, { bytes }) => sum + bytes, 0)
  const kept = sized.findIndex(({ limit, bytes }) => {
    if (limit > sequence + 1 || total <= retentionBytes) return true
    total -= bytes
    return false
  })
  return sized.slice(0, Math.max(0, kept))
}

/** 0 when the file is gone. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** One file after the other, so that a power failure leaves no gap. */
function remove(folder: string, path: string): void {
  try {
    rmSync(path, { force: true })
    syncFolder(folder)
  } catch (error) {
    throw failedWriting(path, error)
  }
}

import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MillraceError } from '@millrace/common'
import { makeFolder, syncFolder } from './durable-files.ts'
import { failedWriting, isGone, missing } from './journal-errors.ts'
import { listEffective, namesIn } from './segment-files.ts'
import { damagedAt, isDamaged, scanSegment } from './segment-scan.ts'
import { isSnapshotWhole, listSnapshots, readSnapshot, snapshotName, writeSnapshot } from './snapshot-files.ts'

/** A file of a copied journal. */
export interface CopiedFile {
  /** Within the folder. */
  name: string
  bytes: number
}

/** How often to begin again because files were pruned while they were copied. */
const attempts = 5
const snapshotsCopied = 2

/**
 * Copy the journal in `from`, which may be in use, to the folder `to`, which is made if need be and must hold no journal.
 * The copy has the newest two whole snapshots and all records up to the last whole frame; it is durable when this
 * returns, and a writer or reader can open it. Blocks for as long as reading and writing all files takes.
 * @returns the files of the copy
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED when records are lost, MILL_STORE_FAILED, MILL_OPTION_INVALID when there
 *   are files in `to`
 */
export function copyJournal(from: string, to: string): CopiedFile[] {
  if (namesIn(to).length > 0) {
    throw new MillraceError('MILL_OPTION_INVALID', `to must be an empty folder, got ${to}`, { details: { path: to } })
  }
  for (let attempt = 1; ; attempt++) {
    const copied: CopiedFile[] = []
    try {
      makeFolder(resolve(to))
      copySnapshots(from, to, copied)
      copySegments(from, to, copied)
      syncFolder(to)
      return copied
    } catch (error) {
      for (const { name } of copied) rmSync(join(to, name), { force: true })
      if (attempt < attempts && isGone(error)) continue
      throw error instanceof MillraceError ? error : failedWriting(to, error)
    }
  }
}

/** Before the segments, so that those reach at least as far. */
function copySnapshots(from: string, to: string, copied: CopiedFile[]): void {
  const whole = listSnapshots(from).filter(({ sequence }) => isSnapshotWhole(from, sequence))
  for (const { sequence, time, bytes } of whole.slice(0, snapshotsCopied)) {
    writeSnapshot(to, { sequence, time, state: readSnapshot(from, sequence) })
    copied.push({ name: snapshotName(sequence), bytes })
  }
}

function copySegments(from: string, to: string, copied: CopiedFile[]): void {
  let next = (listSnapshots(to)[0]?.sequence ?? 0) + 1
  for (const segment of listEffective(from)) {
    if (segment.first > next) throw missing(from, next, segment.first)
    const scan = scanSegment(segment, segment.first)
    if (isDamaged(segment, scan)) throw damagedAt(segment, scan)
    next = Math.max(next, scan.next)
    if (scan.end === 0) continue
    writeDurably(join(to, segment.name), scan.bytes.subarray(0, scan.end))
    copied.push({ name: segment.name, bytes: scan.end })
  }
}

/** Made anew: `name` is free. */
function writeDurably(path: string, bytes: Buffer): void {
  const file = openSync(path, 'wx')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

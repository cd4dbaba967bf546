import { closeSync, fdatasyncSync, openSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { integerWithin, MillraceError } from '@millrace/common'
import type { Durability } from '../durability.ts'
import { makeFolder, syncFolder } from './durable-files.ts'
import { type FileOperations, fileOperations } from './file-operations.ts'
import { FrameBatch, sizeOf } from './frame-batch.ts'
import { GroupCommit } from './group-commit.ts'
import { failedWriting, isGone } from './journal-errors.ts'
import { openJournalReader } from './journal-reader.ts'
import type { JournalReader, JournalWriter } from './journal.ts'
import { type Lease, takeLease } from './lease.ts'
import { findEnd, type JournalEnd, type JournalNote, type LastFrame } from './recovery.ts'
import { isUnfinished, listSegments, namesIn } from './segment-files.ts'
import { type FrameToWrite, SegmentOutput } from './segment-output.ts'
import { isHalfWritten } from './snapshot-files.ts'

const readAttempts = 3

/** How to write a journal. */
export interface JournalWriterOptions {
  durability: Durability
  /** `writer`: MILL_WRITER_TAKEN while another process is the writer; `takeover`: fence that process off. */
  role?: 'writer' | 'takeover'
  /** Milliseconds since 1970. */
  now?: () => number
  /** How much may wait to be written before appends fail with MILL_OVERLOADED (default 64 MiB). */
  maxQueuedBytes?: number
  /** A segment file that has grown to this size is followed by another (default 16 MiB). */
  segmentBytes?: number
  /** For tests. */
  files?: FileOperations
}

/** A journal that is open for writing. */
export interface OpenJournal {
  writer: JournalWriter
  reader: JournalReader
  /** What was found that is worth a line in the log, such as the torn end that a crash has left. */
  notes: JournalNote[]
}

/**
 * Become the writer of the journal in the folder `path`, which is made if need be. Reads as much of the journal as was written
 * since the newest snapshot, or one segment; more only where a power failure may have left holes. Takes a few
 * milliseconds, most of them for fsyncs, and blocks the calling thread for some of them.
 * @throws {MillraceError} MILL_WRITER_TAKEN with `details` `{ pid, host, since }`; MILL_JOURNAL_DAMAGED when
 *   acknowledged records are lost; MILL_STORE_FAILED; MILL_STATE_INVALID when a newer Millrace wrote the journal
 */
export async function openJournalWriter(path: string, options: JournalWriterOptions): Promise<OpenJournal> {
  const folder = resolve(path)
  const { durability, role = 'writer', now = Date.now, files = fileOperations } = options
  const maxQueuedBytes = integerWithin('maxQueuedBytes', options.maxQueuedBytes ?? 64 * 2 ** 20, 1, 2 ** 31)
  const segmentBytes = integerWithin('segmentBytes', options.segmentBytes ?? 16 * 2 ** 20, 1)
  guarded(folder, () => makeFolder(folder))
  const lease = takeLease(folder, { role, now, atLeast: () => (listSegments(folder).at(-1)?.epoch ?? 0) + 1 })
  try {
    const end = findSettledEnd(folder)
    if (durability === 'fsync') syncEarlier(folder)
    const obstacle = (): Error | undefined => obstacleOf(folder, lease)
    const output = new SegmentOutput({ folder, epoch: lease.epoch, durability, segmentBytes, files, obstacle })
    if (role === 'takeover' || !end.isSealed) await beginAtOnce(folder, output, end)
    tidy(folder, lease.epoch)
    const { lastSequence, lastTime, notes } = end
    const writer = new GroupCommit({ folder, durability, maxQueuedBytes, now, lease, output, lastSequence, lastTime })
    return { writer, reader: openJournalReader(folder), notes }
  } catch (error) {
    lease.release()
    throw error
  }
}

/** Files may go away while they are read: a former writer takes a failed frame back, or prunes. */
function findSettledEnd(folder: string): JournalEnd {
  for (let attempt = 1; ; attempt++) {
    try {
      return findEnd(folder)
    } catch (error) {
      if (attempt === readAttempts || !isGone(error)) throw error
    }
  }
}

/**
 * Begin this writer's own segment, which makes void what a former writer may still write, and what is torn. It starts
 * with a copy of the last frame, because nobody knows whether that one was synced: its writer may have died before, or
 * while an fsync failed.
 */
async function beginAtOnce(folder: string, output: SegmentOutput, end: JournalEnd): Promise<void> {
  const { lastFrame, lastSequence } = end
  const frame = lastFrame === undefined ? { first: lastSequence + 1 } : copyOf(lastFrame)
  const failure = await new Promise<Error | null>(done => output.write({ ...frame, replaces: true }, done))
  if (failure === null) return
  throw failure instanceof MillraceError ? failure : failedWriting(folder, failure)
}

function copyOf({ first, time, payloads }: LastFrame): FrameToWrite {
  const batch = new FrameBatch(time)
  batch.add(payloads, sizeOf(payloads))
  return { batch, first }
}

/** Segments that were not synced as they were written would leave a gap before those that are. */
function syncEarlier(folder: string): void {
  for (const { path, durability } of listSegments(folder).toReversed()) {
    if (durability === 'fsync') break
    syncUnlessGone(path)
  }
  guarded(folder, () => syncFolder(folder))
}

/** A segment that is void as a whole may be removed by another writer at any time. */
function syncUnlessGone(path: string): void {
  try {
    guarded(path, () => {
      const file = openSync(path, 'r+')
      try {
        fdatasyncSync(file)
      } finally {
        closeSync(file)
      }
    })
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/**
 * Remove segments that are void as a whole, and segments and snapshots that were never finished. What a later writer than
 * this one has begun is left to it.
 */
function tidy(folder: string, epoch: number): void {
  const isVoid = listSegments(folder).filter(({ first, limit }) => first >= limit)
  for (const { path } of isVoid) rmSync(path, { force: true })
  const unfinished = namesIn(folder).filter(name => isHalfWritten(name) || isUnfinished(name, epoch))
  for (const name of unfinished) rmSync(join(folder, name), { force: true })
}

function obstacleOf(folder: string, lease: Lease): Error | undefined {
  try {
    if (lease.isCurrent()) return undefined
  } catch (error) {
    return failedWriting(folder, error)
  }
  const problem = `another process has taken over as the writer of journal ${folder}; this one can only read from now on`
  return new MillraceError('MILL_WRITER_FENCED', problem, { details: { path: folder, epoch: lease.epoch } })
}

function guarded(path: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw failedWriting(path, error)
  }
}

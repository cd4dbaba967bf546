import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MillraceError } from '@millrace/common'
import {
  type Durability,
  type JournalReader,
  type OpenJournal,
  openJournalWriter,
  runningWriter
} from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import { headsIn } from './state-image.ts'

const mostSlots = 1000

/** The journal that a process writes. */
export interface OwnSlot {
  readonly number: number
  readonly folder: string
  readonly journal: OpenJournal
}

/** The numbers of the slots that there are. A folder that is missing has none. */
export function slotsIn(folder: string): number[] {
  try {
    const names = readdirSync(folder).filter(name => /^\d{1,3}$/.test(name))
    return names.map(Number).toSorted((one, other) => one - other)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw new MillraceError('MILL_STORE_FAILED', `folder ${folder} cannot be read`, { cause: error })
  }
}

/** Where the journal of a slot is. */
export function slotFolder(folder: string, slot: number): string {
  return join(folder, String(slot))
}

/**
 * Become the writer of the first slot that nobody writes.
 * @throws {MillraceError} MILL_STORE_FAILED, MILL_JOURNAL_DAMAGED, MILL_STATE_INVALID
 */
export async function takeSlot(
  folder: string,
  options: { durability: Durability; now: () => number }
): Promise<OwnSlot> {
  for (let slot = 0; slot < mostSlots; slot++) {
    const path = slotFolder(folder, slot)
    if (runningWriter(path) !== undefined) continue
    try {
      return { number: slot, folder: path, journal: await openJournalWriter(path, options) }
    } catch (error) {
      // Another process was faster.
      if (!(error instanceof MillraceError && error.code === 'MILL_WRITER_TAKEN')) throw error
    }
  }
  throw new MillraceError('MILL_STORE_FAILED', `all ${mostSlots} journals in ${folder} are being written`)
}

/** A snapshot of what a process knew. */
export interface FoundImage {
  /** The last record of the slot that it holds. */
  readonly sequence: number
  readonly image: Uint8Array
}

/** The newest snapshot of a slot that can be read; undefined without. */
export function newestImage(reader: JournalReader, log: LearnerLog): FoundImage | undefined {
  for (const { sequence } of reader.snapshots()) {
    try {
      const image = reader.readSnapshot(sequence)
      headsIn(image)
      return { sequence, image }
    } catch (error) {
      log.warn(
        { err: error, sequence },
        'a snapshot of the ledger of experiments cannot be read; an older one is taken'
      )
    }
  }
  return undefined
}

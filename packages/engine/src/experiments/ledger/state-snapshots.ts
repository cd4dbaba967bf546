import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JournalWriter } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import type { DiskRunner } from './disk-thread.ts'
import type { LedgerState } from './ledger-state.ts'
import { imageOf } from './state-image.ts'

/** After a snapshot that failed the next one is taken this much later at the earliest. */
const retryMs = 30_000
/** What a record counts beside its bytes: to bring in an outcome takes as long as 20 units. */
const perRecord = 150
/** Of a large state a snapshot is taken only after this share of its size in records, so that the disk can keep up. */
const shareOfState = 0.5

/** What snapshots are taken of. */
export interface StateSnapshotsOptions {
  /** Of the journal of this process. */
  readonly folder: string
  readonly writer: JournalWriter
  readonly state: LedgerState
  readonly log: LearnerLog
  readonly now: () => number
  readonly runner: DiskRunner
  /** A snapshot is taken after so many bytes of records, of this and other processes. */
  readonly everyBytes: number
}

/** Takes snapshots of what all processes know, and removes the records of this one that they hold. */
export class StateSnapshots {
  readonly #options: StateSnapshotsOptions
  #bytes = 0
  #stateBytes = 0
  #notBefore = 0
  #underWay: Promise<void> | undefined
  taken = 0

  constructor(options: StateSnapshotsOptions) {
    this.#options = options
  }

  /** A record came, or several as one. */
  grown(bytes: number): void {
    this.#bytes += bytes + perRecord
    const { everyBytes, now } = this.#options
    if (this.#underWay !== undefined || this.#bytes < Math.max(everyBytes, shareOfState * this.#stateBytes)) return
    if (now() < this.#notBefore) return
    this.#bytes = 0
    this.#underWay = this.take().finally(() => {
      this.#underWay = undefined
    })
  }

  /** Resolves when none is under way. */
  async settle(): Promise<void> {
    await this.#underWay
  }

  /** Take a snapshot, a piece a turn. Does not reject: what fails is logged, and tried again later. */
  async take(): Promise<void> {
    const { folder, writer, state, log, now, runner } = this.#options
    try {
      // The first piece is what it is at this very position of the journal.
      const sequence = writer.lastSequence
      const time = now()
      const pieces: Buffer[] = []
      for (const piece of imageOf(state)) {
        pieces.push(piece)
        await nextTurn()
      }
      // With the durability `none` the records may not be written yet.
      await writer.flush()
      this.#stateBytes = pieces.reduce((sum, { length }) => sum + length, 0)
      await runner({ folder, sequence, time, pieces, retentionBytes: 0, keepSnapshots: 2 })
      this.taken++
    } catch (error) {
      this.#notBefore = now() + retryMs
      log.warn({ err: error }, 'no snapshot could be taken of the ledger of experiments')
    }
  }
}

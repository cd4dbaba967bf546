import { type JournalReader, type JournalRecord, type JournalTail, openJournalReader } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import type { LedgerState, StateLimits } from './ledger-state.ts'
import { holdsAll, mergeInto } from './merge-states.ts'
import { newestImage } from './slots.ts'
import { headsIn, stateOf } from './state-image.ts'

/** What a slot is followed with. */
export interface FollowedSlotOptions {
  readonly folder: string
  readonly state: LedgerState
  readonly limits: StateLimits
  readonly log: LearnerLog
  /** Bring in a record. */
  readonly fold: (record: Uint8Array) => void
}

/** The journal of another process, which is brought into the state as it grows. */
export class FollowedSlot {
  readonly #options: FollowedSlotOptions
  readonly #reader: JournalReader
  #tail: JournalTail | undefined
  #rest: JournalRecord[] = []

  constructor(options: FollowedSlotOptions) {
    this.#options = options
    this.#reader = openJournalReader(options.folder)
  }

  /**
   * Bring in what has come, for `budgetMs` at most.
   * @returns whether that was all
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED, MILL_STORE_FAILED
   */
  poll(budgetMs: number): boolean {
    const end = performance.now() + budgetMs
    do {
      if (this.#rest.length === 0) this.#rest = this.#more()
      if (this.#rest.length === 0) return true
      const { fold } = this.#options
      let done = 0
      while (done < this.#rest.length && performance.now() < end) fold(this.#rest[done++]!.payload)
      this.#rest = this.#rest.slice(done)
    } while (performance.now() < end)
    return false
  }

  close(): void {
    this.#tail?.close()
  }

  #more(): JournalRecord[] {
    this.#tail ??= this.#begin()
    const records = this.#tail.poll()
    if (records !== undefined) return records
    // Pruned, or taken back by a writer that failed: what is known already is passed over.
    this.#tail.close()
    this.#tail = this.#begin()
    return this.#tail.poll() ?? []
  }

  #begin(): JournalTail {
    const { state, limits, log } = this.#options
    const found = newestImage(this.#reader, log)
    if (found === undefined) return this.#reader.tail(this.#reader.firstSequence())
    if (!holdsAll(state, headsIn(found.image))) mergeInto(state, stateOf(found.image, limits))
    return this.#reader.tail(Math.max(found.sequence + 1, this.#reader.firstSequence()))
  }
}

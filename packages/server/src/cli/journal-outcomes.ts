import { MillraceError } from '@millrace/common'
import { type LearnCommand, LearnerMachine, type Outcome } from '@millrace/engine'
import { begunMachine } from './journal-machine.ts'
import type { JournalReader, JournalRecord } from '@millrace/store'

/** What became of a record, as far as it is known. */
export interface RecordOutcome {
  /** `learned`, `repeat` or the code it was refused with; undefined where that is not known, and for settings. */
  outcome?: string | undefined
  /** The prediction that was scored, or is answered to a repeat. */
  prediction?: number | undefined
}

/**
 * Learns a journal again while it is read, and so knows what became of every record. It can begin at the beginning of
 * the journal and at a snapshot; of records before the first of those that is kept nothing is known.
 */
export class JournalOutcomes {
  /** Position of the first record to be given to {@link next}: `from`, or an earlier one to begin at. */
  readonly start: number
  readonly #reader: JournalReader
  readonly #starts: ReadonlySet<number>
  #machine: LearnerMachine | undefined

  /**
   * @param options `from` is the first position whose outcome is wanted; `mostAhead` how many records before it may be
   *   learned again to that end
   */
  constructor(reader: JournalReader, { from, mostAhead = Infinity }: { from: number; mostAhead?: number }) {
    this.#reader = reader
    const starts = startsOf(reader)
    this.start = starts.filter(start => start <= from && start >= from - mostAhead).toSorted((a, b) => b - a)[0] ?? from
    this.#starts = new Set(starts)
  }

  /** What becomes of the next record, each following the one before. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
  next({ sequence, payload }: JournalRecord, command: LearnCommand): RecordOutcome {
    if (this.#machine !== undefined) return shown(this.#machine.apply(command, payload))
    if (!this.#starts.has(sequence)) return {}
    this.#machine = machineAt(this.#reader, sequence, command)
    return this.#machine === undefined || sequence === 1 ? {} : shown(this.#machine.apply(command, payload))
  }
}

/** Positions of the records that a machine can be brought to: the first of all, and those after snapshots. */
function startsOf(reader: JournalReader): number[] {
  const first = reader.firstSequence()
  const starts = reader.snapshots().map(({ sequence }) => sequence + 1)
  return [...(first === 1 ? [1] : []), ...starts.filter(start => start >= first && start > 1)]
}

/** A machine before it is given the record at `sequence`; after it when that is the first of all. */
function machineAt(reader: JournalReader, sequence: number, command: LearnCommand): LearnerMachine | undefined {
  try {
    if (sequence === 1) return begunMachine(command)
    return LearnerMachine.fromState(reader.readSnapshot(sequence - 1))
  } catch (error) {
    // What is damaged, or of a newer Millrace, is no hindrance: the records are still there to be seen.
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

function shown(outcome: Outcome): RecordOutcome {
  switch (outcome.kind) {
    case 'settings':
      return {}
    case 'learned':
      return { outcome: outcome.isRepeat ? 'repeat' : 'learned', prediction: outcome.prediction }
    case 'refused':
      return { outcome: outcome.refusal.code }
  }
}

import { type LearnCommand, LearnRecordCodec } from '@millrace/engine'
import type { JournalReader } from '@millrace/store'
import { JournalOutcomes } from './journal-outcomes.ts'
import type { ShownRecord } from './journal-record.ts'
import { recordsUpTo } from './journal-range.ts'

/** Which records of a journal, and how much is to be found out about them. */
export interface RecordsWanted {
  /** Position of the first one; must be kept, or 1 past the last one. */
  from: number
  /** Position of the last one, or Infinity. */
  to: number
  /** How many records before `from` may be learned again to know what became of the others; undefined: learn nothing. */
  mostAhead?: number | undefined
}

/**
 * The records of a journal with what they say and, as far as is wanted, what became of them. Read as they are asked for;
 * memory does not grow with the journal.
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED, MILL_STORE_FAILED
 */
export function* readRecords(
  reader: JournalReader,
  { from, to, mostAhead }: RecordsWanted
): Generator<ShownRecord, void> {
  const codec = new LearnRecordCodec()
  const outcomes = mostAhead === undefined ? undefined : new JournalOutcomes(reader, { from, mostAhead })
  for (const record of recordsUpTo(reader, outcomes?.start ?? from, to)) {
    const { sequence, time, payload } = record
    const command = codec.decode(payload)
    const known = outcomes?.next(record, command)
    if (sequence >= from) yield { sequence, time, command, ...known }
  }
}

/** Whether a record has the observation id or the prediction id. */
export function hasId(command: LearnCommand, id: string): boolean {
  return command.kind === 'observation' && (command.observationId === id || command.labelled?.predictionId === id)
}

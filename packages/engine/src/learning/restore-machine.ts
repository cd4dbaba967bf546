import { MillraceError } from '@millrace/common'
import type { JournalReader, JournalRecord } from '@millrace/store'
import { damaged } from './byte-reader.ts'
import { LearnRecordCodec } from './learn-record.ts'
import { LearnerMachine } from './learner-machine.ts'

/** After so many records others may have their turn. */
const recordsAtATime = 500

/** A learner as its journal tells it. */
export interface RestoredMachine {
  /** Undefined for a journal without records. */
  machine: LearnerMachine | undefined
  /** Position of the last record that is part of the state. */
  sequence: number
  /** When that record was written, in milliseconds since 1970; undefined when the state is that of a snapshot. */
  time: number | undefined
  /** Position that the snapshot holds which it was restored from; 0 without. */
  snapshotSequence: number
}

/** How to restore. */
export interface RestoreOptions {
  /** The last record to apply; by default all are. */
  upTo?: number
  /** Told of every snapshot that is passed over because it cannot be used. */
  onUnusable?: (sequence: number, error: MillraceError) => void
}

/**
 * Restore a learner from its journal: the newest snapshot that is whole, and the records since.
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED when records are missing or changed that no snapshot holds, and what the
 *   reader throws
 */
export function restoreMachine(reader: JournalReader, options: RestoreOptions = {}): RestoredMachine {
  const steps = restoreSteps(reader, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** The same, letting others have their turn again and again. */
export async function restoreMachineGently(
  reader: JournalReader,
  options: RestoreOptions = {}
): Promise<RestoredMachine> {
  const steps = restoreSteps(reader, options)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await new Promise(resolve => setImmediate(resolve))
  }
}

/** A machine that has the record too. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export function foldRecord(machine: LearnerMachine | undefined, payload: Uint8Array): LearnerMachine {
  if (machine === undefined) return firstMachine(payload)
  machine.applyRecord(payload)
  return machine
}

function* restoreSteps(reader: JournalReader, options: RestoreOptions): Generator<void, RestoredMachine> {
  const { upTo = Infinity } = options
  const { machine, sequence } = fromSnapshot(reader, options)
  const restored: RestoredMachine = { machine, sequence, time: undefined, snapshotSequence: sequence }
  if (sequence >= upTo) return restored
  for (const record of reader.records(sequence + 1)) {
    if (record.sequence > upTo) break
    take(restored, record)
    if (record.sequence % recordsAtATime === 0) yield
  }
  return restored
}

function take(restored: RestoredMachine, { sequence, time, payload }: JournalRecord): void {
  if (sequence !== restored.sequence + 1) throw damaged(`${sequence} follows ${restored.sequence}`)
  try {
    restored.machine = foldRecord(restored.machine, payload)
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code !== 'MILL_JOURNAL_DAMAGED') throw error
    throw new MillraceError('MILL_JOURNAL_DAMAGED', `record ${sequence}: ${error.message}`, {
      cause: error,
      details: { sequence }
    })
  }
  restored.sequence = sequence
  restored.time = time
}

function fromSnapshot(
  reader: JournalReader,
  { upTo = Infinity, onUnusable }: RestoreOptions
): { machine: LearnerMachine | undefined; sequence: number } {
  for (const { sequence } of reader.snapshots()) {
    if (sequence > upTo) continue
    try {
      return { machine: LearnerMachine.fromState(reader.readSnapshot(sequence)), sequence }
    } catch (error) {
      // An older one and more records do as well; where there are none, reading the records says so.
      if (!(error instanceof MillraceError)) throw error
      onUnusable?.(sequence, error)
    }
  }
  return { machine: undefined, sequence: 0 }
}

function firstMachine(payload: Uint8Array): LearnerMachine {
  const command = new LearnRecordCodec().decode(payload)
  if (command.kind !== 'settings') throw damaged('a journal begins with settings')
  return new LearnerMachine(command)
}

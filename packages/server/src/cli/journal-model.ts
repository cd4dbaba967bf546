import { LearnerMachine, LearnRecordCodec } from '@millrace/engine'
import { MillraceError } from '@millrace/common'
import type { JournalReader } from '@millrace/store'

/**
 * The name of the model that a journal belongs to: said at the beginning of the journal, and within every snapshot.
 * @returns undefined when neither can be read
 */
export function modelIn(reader: JournalReader): string | undefined {
  try {
    const { done, value: record } = reader.records(reader.firstSequence()).next()
    const command = done === true ? undefined : new LearnRecordCodec().decode(record.payload)
    if (command?.kind === 'settings') return command.learner
    const [snapshot] = reader.snapshots()
    return snapshot && LearnerMachine.fromState(reader.readSnapshot(snapshot.sequence)).name
  } catch (error) {
    // What is damaged is for `journal verify` to tell.
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

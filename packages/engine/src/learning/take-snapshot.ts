import { createHash } from 'node:crypto'
import { MillraceError } from '@millrace/common'
import { openJournalReader, pruneJournal, writeSnapshot } from '@millrace/store'
import { LearnerMachine } from './learner-machine.ts'
import { restoreMachine } from './restore-machine.ts'

/** A snapshot to be taken. */
export interface SnapshotJob {
  /** Of the journal. */
  folder: string
  /** The last record that its writer has committed: later ones may become void. */
  upTo: number
  /** Bytes of journal that are kept to look back on, beside what the latest snapshots need. */
  retentionBytes: number
}

/** A snapshot that was taken. */
export interface SnapshotReport {
  /** Position of the last record that it holds. */
  sequence: number
  /** Size of the state. */
  bytes: number
  /** SHA-256 of the state, in hexadecimal digits. */
  digest: string
  /** How long it took: to restore and replay, to check, to write and prune. */
  replayMs: number
  checkMs: number
  writeMs: number
}

/**
 * Take a snapshot of the learner whose journal is in `folder`, from the newest snapshot and the records since, and
 * remove what is no longer needed. The state is restored once before it is written, and read back once after. Reads
 * and writes files and blocks the thread meanwhile: not for a thread that serves requests.
 * @returns undefined when the newest snapshot is as new as can be
 * @throws {MillraceError} MILL_STORE_FAILED, MILL_JOURNAL_DAMAGED or MILL_STATE_INVALID; older snapshots stay then
 */
export function takeSnapshot({ folder, upTo, retentionBytes }: SnapshotJob): SnapshotReport | undefined {
  const start = performance.now()
  const reader = openJournalReader(folder)
  const { machine, sequence, time } = restoreMachine(reader, { upTo })
  if (machine === undefined || time === undefined) return undefined
  const state = machine.toState()
  const replayed = performance.now()
  checkSame(sequence, state, LearnerMachine.fromState(state).toState())
  const checked = performance.now()
  writeSnapshot(folder, { sequence, time, state })
  checkSame(sequence, state, reader.readSnapshot(sequence))
  pruneJournal(folder, { retentionBytes })
  return {
    sequence,
    bytes: state.byteLength,
    digest: digestOf(state),
    replayMs: replayed - start,
    checkMs: checked - replayed,
    writeMs: performance.now() - checked
  }
}

/** SHA-256 of a learner's state, in hexadecimal digits: equal where learners are equal. */
export function stateDigest(machine: LearnerMachine): string {
  return digestOf(machine.toState())
}

function digestOf(state: Uint8Array): string {
  return createHash('sha256').update(state).digest('hex')
}

function checkSame(sequence: number, state: Uint8Array, other: Uint8Array): void {
  if (Buffer.compare(state, other) === 0) return
  throw new MillraceError('MILL_STATE_INVALID', `the state at ${sequence} comes back as another one`, {
    details: { sequence }
  })
}

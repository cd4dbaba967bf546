import { createHash } from 'node:crypto'
import { type LearnCommand, LearnerMachine, LearnRecordCodec, stateDigest } from '@millrace/engine'
import type { JournalReader } from '@millrace/store'
import { type CommandClock, inTurns } from './command-process.ts'
import { begunMachine } from './journal-machine.ts'

/** What learning a journal again came to. */
export interface DeepReport {
  /** Position of the snapshot it began with; 0 for the beginning of the journal. */
  begunAt: number
  /** Positions of the snapshots that are equal to the state at their place. */
  equal: number[]
  /** Position of the last record that was learned. */
  sequence: number
  /** SHA-256 of the state after it, hexadecimal; undefined for a journal without records and snapshots. */
  digest: string | undefined
  /** One sentence each; none when all snapshots are equal. */
  problems: string[]
}

/**
 * Learn a journal again, from its beginning or from its oldest snapshot, and compare the state with every snapshot on
 * the way. Takes as long as learning did.
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED or MILL_STATE_INVALID for records or snapshots that cannot be read
 */
export async function learnAgain(
  reader: JournalReader,
  { clock, signal }: { clock: Pick<CommandClock, 'now' | 'turn'>; signal: AbortSignal }
): Promise<DeepReport> {
  const snapshots = new Set(reader.snapshots().map(({ sequence }) => sequence))
  const first = reader.firstSequence()
  // A snapshot from before the first record leads nowhere.
  const begunAt = first === 1 ? 0 : Math.min(...[...snapshots].filter(sequence => sequence >= first - 1))
  const report: DeepReport = { begunAt, equal: [], sequence: begunAt, digest: undefined, problems: [] }
  const codec = new LearnRecordCodec()
  let machine = begunAt === 0 ? undefined : LearnerMachine.fromState(reader.readSnapshot(begunAt))
  for await (const { sequence, payload } of inTurns(reader.records(begunAt + 1), { clock, signal })) {
    machine = learned(machine, codec.decode(payload), payload)
    report.sequence = sequence
    if (snapshots.has(sequence)) compare(machine.toState(), reader.readSnapshot(sequence), report)
  }
  report.digest = machine && stateDigest(machine)
  return report
}

function learned(machine: LearnerMachine | undefined, command: LearnCommand, record: Uint8Array): LearnerMachine {
  if (machine === undefined) return begunMachine(command)
  machine.apply(command, record)
  return machine
}

function compare(state: Uint8Array, snapshot: Uint8Array, report: DeepReport): void {
  if (Buffer.compare(state, snapshot) === 0) {
    report.equal.push(report.sequence)
    return
  }
  const digests = `SHA-256 ${digestOf(snapshot)}, learned again ${digestOf(state)}`
  report.problems.push(`the snapshot at ${report.sequence} is not the state that its records make: ${digests}`)
}

/** SHA-256, hexadecimal. */
function digestOf(state: Uint8Array): string {
  return createHash('sha256').update(state).digest('hex')
}

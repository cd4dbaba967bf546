import path from 'node:path'
import { LearnerMachine, type LearnCommand, LearnRecordCodec, type Outcome } from '@millrace/engine'
import { type JournalRecord, openJournalReader } from '@millrace/store'
import type { Findings } from './findings.ts'
import type { Row, RowKey } from './ledger.ts'

/** An observation that changed the learner's state, as the journal tells it. */
export interface TrueRow extends Row {
  key: RowKey | undefined
  sequence: number
  outcome: Outcome
}

/**
 * A learner that was never killed: it is taught in this process by the records of a journal, in their order, and tells
 * what the program should have made of them.
 */
export interface Truth {
  readonly learner: string
  /** The machine after the last record; undefined before the first. */
  readonly machine: LearnerMachine | undefined
  /** Position of the last record. */
  readonly lastSequence: number
  /** What was learned or refused, repeats left out, in order. */
  readonly rows: readonly TrueRow[]
  /** How many snapshots of the program were compared with the machine, byte by byte. */
  readonly snapshotsCompared: number
  find(key: RowKey): TrueRow | undefined
  /** Learn what has come to the journal since. */
  follow(): void
}

/** @param folder of the journal */
export function createTruth(folder: string, findings: Findings): Truth {
  const learner = path.basename(folder)
  const reader = openJournalReader(folder)
  const codec = new LearnRecordCodec()
  const rows: TrueRow[] = []
  const byKey = new Map<RowKey, TrueRow>()
  let machine: LearnerMachine | undefined
  let lastSequence = 0
  let lastPayload = Buffer.alloc(0)
  let snapshotsCompared = 0

  function checkLast(record: JournalRecord | undefined): void {
    if (record?.sequence === lastSequence && Buffer.compare(record.payload, lastPayload) === 0) return
    findings.add('what a journal held stays', `${learner}: record ${lastSequence} is gone or another one`)
  }

  function apply({ sequence, payload }: JournalRecord): void {
    if (sequence !== lastSequence + 1)
      findings.add('a journal has no gap', `${learner}: ${sequence} after ${lastSequence}`)
    lastSequence = sequence
    lastPayload = Buffer.from(payload)
    const command = codec.decode(payload)
    if (machine === undefined) {
      if (command.kind !== 'settings') throw new Error(`${learner}: a journal begins with settings`)
      machine = new LearnerMachine(command)
    } else note(command, machine.apply(command, payload), sequence)
  }

  function note(command: LearnCommand, outcome: Outcome, sequence: number): void {
    if (command.kind === 'settings' || outcome.kind === 'settings' || outcome.isRepeat) return
    const { features, target, observationId, labelled } = command
    const named = observationId === undefined ? undefined : (`observation ${observationId}` as const)
    const key = labelled === undefined ? named : (`prediction ${labelled.predictionId}` as const)
    const row = { key, sequence, outcome, features, target }
    rows.push(row)
    if (key === undefined) return
    const before = byKey.get(key)
    if (before?.outcome.kind !== 'learned') byKey.set(key, row)
    else if (outcome.kind === 'learned') {
      findings.add('nothing is learned twice', `${learner}: ${key} at ${sequence} and ${before.sequence}`)
    }
  }

  function compare(sequence: number): void {
    const kept = reader.readSnapshot(sequence)
    snapshotsCompared += 1
    const wanted = machine?.toState() ?? new Uint8Array()
    if (Buffer.compare(kept, wanted) === 0) return
    findings.add('a snapshot holds the state of a run never killed', `${learner}: snapshot at ${sequence} differs`)
  }

  return {
    learner,
    get machine() {
      return machine
    },
    get lastSequence() {
      return lastSequence
    },
    rows,
    get snapshotsCompared() {
      return snapshotsCompared
    },
    find: key => byKey.get(key),
    follow() {
      const snapshots = new Set(reader.snapshots().map(({ sequence }) => sequence))
      const isLastKept = lastSequence > 0 && reader.firstSequence() <= lastSequence
      const records = reader.records(isLastKept ? lastSequence : lastSequence + 1)
      if (isLastKept) checkLast(records.next().value)
      for (const record of records) {
        apply(record)
        if (snapshots.has(record.sequence)) compare(record.sequence)
      }
    }
  }
}

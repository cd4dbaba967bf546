import { MillraceError } from '@millrace/common'
import type { JournalReader, JournalTail } from '@millrace/store'
import { LearnerCounter } from './learner-counter.ts'
import { checkRecipe } from './learner-errors.ts'
import type { LearnerLog } from './learner-log.ts'
import { LearnerMachine } from './learner-machine.ts'
import { type FollowedLearnerOptions, pendingPredictionsOf, settingsOf } from './learner-options.ts'
import { learnerReads } from './learner-reads.ts'
import { foldRecord, restoreMachine, restoreMachineGently, type RestoredMachine } from './restore-machine.ts'
import type { ServedLearner } from './served-learner.ts'
import { after, type After } from './timers.ts'

/**
 * Put a learner into service that another process teaches: it follows the journal, predicts, and learns nothing itself.
 * While the journal cannot be read it stays as it is. An empty journal makes a learner that has learned nothing.
 * @throws {MillraceError} MILL_CONFIG_INVALID when the journal was made by another learner; MILL_OPTION_INVALID,
 *   MILL_JOURNAL_DAMAGED or MILL_STORE_FAILED
 */
export async function followLearner(options: FollowedLearnerOptions): Promise<ServedLearner> {
  const wanted = settingsOf(options)
  const { id, reader, log } = options
  const onUnusable = (sequence: number, error: MillraceError): void => {
    log.warn({ learner: id, snapshot: sequence, err: error }, 'a snapshot cannot be used; an older one must do')
  }
  const restored = await restoreMachineGently(reader, { onUnusable })
  if (restored.machine !== undefined) checkRecipe(id, restored.machine, wanted)
  const fresh = new LearnerMachine(wanted)
  const follower = new Follower(restored, options)
  const machine = (): LearnerMachine => follower.machine ?? fresh
  const counter = new LearnerCounter()
  const refuse = async (): Promise<never> => {
    throw new MillraceError('MILL_NOT_WRITER', 'another process teaches this learner; this one only reads it', {
      details: { learner: id }
    })
  }
  return {
    ...learnerReads(options, { machine, sequence: () => follower.sequence, pending: pendingPredictionsOf(options) }),
    learn: refuse,
    learnMany: refuse,
    label: refuse,
    counts: () => counter.counts(machine(), { taken: 0, failed: 0 }),
    health: () => ({
      role: 'reader',
      sequence: follower.sequence,
      snapshotSequence: follower.snapshotSequence,
      problem: follower.problem
    }),
    close: async () => follower.close()
  }
}

/** How often at least a journal that cannot be followed is looked at again. */
const longestWaitMs = 30_000

/** Brings a learner along as its journal grows. */
class Follower {
  machine: LearnerMachine | undefined
  sequence: number
  snapshotSequence: number
  /** Why the journal cannot be followed at present. */
  problem: string | undefined
  readonly #id: string
  readonly #reader: JournalReader
  readonly #log: LearnerLog
  readonly #after: After
  readonly #pollMs: number
  #tail: JournalTail
  /** Is the machine something else than the records up to `sequence`? */
  #isLost = false
  #failures = 0
  #cancel: () => void = () => undefined

  constructor(restored: RestoredMachine, options: FollowedLearnerOptions) {
    this.#id = options.id
    this.#reader = options.reader
    this.#log = options.log
    this.#after = options.after ?? after
    this.#pollMs = options.pollMs ?? 100
    this.machine = restored.machine
    this.sequence = restored.sequence
    this.snapshotSequence = restored.snapshotSequence
    this.#tail = this.#reader.tail(this.sequence + 1)
    this.#wait()
  }

  close(): void {
    this.#cancel()
    this.#tail.close()
  }

  #wait(): void {
    const delayMs = Math.min(longestWaitMs, this.#pollMs * 2 ** this.#failures)
    this.#cancel = this.#after(delayMs, () => {
      this.#follow()
      this.#wait()
    })
  }

  #follow(): void {
    try {
      if (this.#isLost) this.#startAgain()
      this.#poll()
      if (this.#failures > 0) this.#log.info({ learner: this.#id }, 'the journal is followed again')
      this.#failures = 0
      this.problem = undefined
    } catch (error) {
      if (this.#failures === 0) this.#log.warn({ learner: this.#id, err: error }, 'the journal cannot be followed')
      this.#failures++
      this.problem = error instanceof Error ? error.message : 'unknown problem'
    }
  }

  #poll(): void {
    const records = this.#tail.poll()
    // What was read before is void, or what comes next was pruned.
    this.#isLost = true
    if (records === undefined) this.#startAgain()
    for (const { sequence, payload } of records ?? []) {
      this.machine = foldRecord(this.machine, payload)
      this.sequence = sequence
    }
    this.#isLost = false
  }

  #startAgain(): void {
    const { machine, sequence, snapshotSequence } = restoreMachine(this.#reader)
    this.#tail.close()
    this.#tail = this.#reader.tail(sequence + 1)
    this.machine = machine
    this.sequence = sequence
    this.snapshotSequence = snapshotSequence
    this.#isLost = false
    this.#log.info({ learner: this.#id, sequence }, 'the journal is followed from its newest snapshot on')
  }
}

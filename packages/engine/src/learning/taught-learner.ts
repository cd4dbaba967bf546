import { learnable, MillraceError } from '@millrace/common'
import type { Features } from '@millrace/online'
import type { JournalWriter } from '@millrace/store'
import type { ObservationCommand } from './learn-command.ts'
import { LearnerCounter } from './learner-counter.ts'
import { answerOf } from './learner-errors.ts'
import type { LearnerMachine, Outcome } from './learner-machine.ts'
import type { TaughtLearnerOptions } from './learner-options.ts'
import { learnerReads } from './learner-reads.ts'
import { LearningTurns } from './learning-turns.ts'
import type { PendingPredictions } from './pending-predictions.ts'
import type { LabelledObservation, Learned, PredictionLabel, ServedLearner } from './served-learner.ts'
import type { SnapshotWatch } from './snapshotter.ts'

/** What a learner that is taught here stands on. */
interface Parts {
  machine: LearnerMachine
  pending: PendingPredictions
  /** Takes its snapshots, if any are to be taken. */
  snapshots: SnapshotWatch | undefined
  /** Position that the newest snapshot held at the start. */
  snapshotSequence: number
}

/** A learner whose journal this process writes. */
export function taughtLearner(options: TaughtLearnerOptions, parts: Parts): ServedLearner {
  const { machine, pending, snapshots, snapshotSequence } = parts
  const { writer } = options.journal
  const counter = new LearnerCounter()
  const teacher = new Teacher(options, parts, counter)
  return {
    ...learnerReads(options, { machine: () => machine, sequence: () => teacher.sequence, pending }),
    learn: observation => teacher.learn(observation),
    learnMany: observations => teacher.learnMany(observations),
    label: label => teacher.label(label),
    counts: () => counter.counts(machine, snapshots?.counts ?? { taken: 0, failed: 0 }),
    health: () => ({
      role: 'writer',
      sequence: teacher.sequence,
      snapshotSequence: snapshots?.sequence ?? snapshotSequence,
      problem: messageOf(teacher.problem ?? writer.problem)
    }),
    async close() {
      await snapshots?.close()
      await writer.close()
      await teacher.drained()
    }
  }
}

/** Brings observations into the journal, and the learner along with it. */
class Teacher {
  readonly #id: string
  readonly #writer: JournalWriter
  readonly #parts: Parts
  readonly #counter: LearnerCounter
  readonly #turns = new LearningTurns({ learn: (command, record) => this.#learn(command, record) })
  /** Position of the last record that is committed; those up to it are learned in turns. */
  #committed: number
  /** Position of the last record that is part of the state. */
  sequence: number
  /** Why the learner cannot be brought along any more. A mistake in this program, or no memory left. */
  problem: unknown

  constructor({ id, journal }: TaughtLearnerOptions, parts: Parts, counter: LearnerCounter) {
    this.#id = id
    this.#writer = journal.writer
    this.#parts = parts
    this.#counter = counter
    this.sequence = journal.writer.lastSequence
    this.#committed = this.sequence
  }

  async learn(observation: LabelledObservation): Promise<Learned> {
    const command = commandOf(observation)
    const outcome = this.#parts.machine.recall(command) ?? (await this.#append([command]))[0]!
    this.#counter.observation(outcome)
    return given(answerOf(outcome))
  }

  async learnMany(observations: readonly LabelledObservation[]): Promise<(Learned | Error)[]> {
    const answers: (Learned | Error | undefined)[] = []
    const commands: ObservationCommand[] = []
    for (const observation of observations) {
      const answer = this.#answerAtOnce(observation)
      if ('kind' in answer) commands.push(answer)
      answers.push('kind' in answer ? undefined : answer)
    }
    const outcomes = commands.length === 0 ? [] : await this.#append(commands)
    for (const outcome of outcomes) this.#counter.observation(outcome)
    let next = 0
    return answers.map(answer => answer ?? answerOf(outcomes[next++]!))
  }

  async label(label: PredictionLabel): Promise<Learned> {
    learnable('actual', label.actual)
    const outcome = this.#recallLabel(label) ?? (await this.#learnLabel(label))
    this.#counter.label(outcome)
    return given(answerOf(outcome))
  }

  /** What an observation gets without being learned, or the command to learn it. */
  #answerAtOnce(observation: LabelledObservation): Learned | Error | ObservationCommand {
    try {
      const command = commandOf(observation)
      const known = this.#parts.machine.recall(command)
      if (known === undefined) return command
      this.#counter.observation(known)
      return answerOf(known)
    } catch (error) {
      if (error instanceof MillraceError) return error
      throw error
    }
  }

  #recallLabel({ predictionId, actual }: PredictionLabel): Outcome | undefined {
    return this.#parts.machine.recallLabel(predictionId, actual)
  }

  async #learnLabel(label: PredictionLabel): Promise<Outcome> {
    const { predictionId, actual, observationId } = label
    const { pending } = this.#parts
    try {
      const { features, prediction } = await pending.find(predictionId)
      const [outcome] = await this.#append([
        {
          kind: 'observation',
          observationId,
          labelled: { predictionId, prediction },
          features: this.#parts.machine.codec.decodeFeatures(features),
          target: actual
        }
      ])
      if (outcome!.kind === 'learned') pending.forget(predictionId)
      return outcome!
    } catch (error) {
      // The same label may have been learned while this one was looked up.
      const known = this.#recallLabel(label)
      if (known !== undefined) return known
      this.#counter.lateLabel(error)
      throw error
    }
  }

  /** Resolves once all that is in the journal is learned. */
  drained(): Promise<void> {
    return this.#turns.drained()
  }

  /** Write commands to the journal, and do what they say once they are as durable as it promises. */
  #append(commands: readonly ObservationCommand[]): Promise<Outcome[]> {
    return new Promise((resolve, reject) => {
      if (this.problem !== undefined) throw stopped(this.#id, this.problem)
      const records = commands.map(command => this.#parts.machine.codec.encode(command))
      const fail = (error: unknown): void => {
        this.problem ??= error
        reject(stopped(this.#id, this.problem))
      }
      this.#writer.append(records, {
        committed: first => {
          if (first !== this.#committed + 1) this.problem ??= new Error(`record ${first} follows ${this.#committed}`)
          this.#committed += commands.length
          this.#turns.add({ commands, records, done: resolve, failed: fail })
        },
        failed: reject
      })
    })
  }

  #learn(command: ObservationCommand, record: Uint8Array): Outcome {
    if (this.problem !== undefined) throw this.problem
    const { machine, snapshots } = this.#parts
    const outcome = machine.apply(command, record)
    this.sequence++
    snapshots?.poke()
    return outcome
  }
}

/** @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE */
function commandOf({ features, target, observationId }: LabelledObservation): ObservationCommand {
  learnable('target', target)
  // What is learned later must be what is journaled now, whatever the caller does to the object meanwhile.
  const copy: Features = { ...features }
  for (const name in copy) learnable(`feature ${name}`, copy[name]!)
  return { kind: 'observation', observationId, features: copy, target }
}

function given(answer: Learned | MillraceError): Learned {
  if (answer instanceof MillraceError) throw answer
  return answer
}

function stopped(id: string, cause: unknown): MillraceError {
  return new MillraceError('MILL_INTERNAL', `learner ${id} cannot learn any more until it is restarted`, { cause })
}

function messageOf(problem: unknown): string | undefined {
  return problem instanceof Error ? problem.message : undefined
}

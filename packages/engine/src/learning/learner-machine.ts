import { learnable, MillraceError } from '@millrace/common'
import { decodeState, encodeState, type Features, Pipeline } from '@millrace/online'
import { damaged } from './byte-reader.ts'
import { createLearner, isLearnerName, isSameRecipe, type LearnerName, learnerWeights } from './catalog.ts'
import { DivergenceGuard, type Guarded, type GuardEvent } from './divergence-guard.ts'
import { Fingerprints } from './fingerprints.ts'
import { type IdKind, IdWindow } from './id-window.ts'
import type { LearnCommand, ObservationCommand, SettingsCommand } from './learn-command.ts'
import { LearnRecordCodec } from './learn-record.ts'
import { limitLearner } from './memory-shares.ts'
import { type ModelMetrics, ModelScore } from './model-score.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { readSettings, settingsText } from './settings-text.ts'

const kind = 'LearnerMachine'
const version = 1
const conflictCodes: ReadonlySet<string> = new Set(['MILL_ID_CONFLICT', 'MILL_LABEL_CONFLICT'])
/** Bytes of what a machine is made of besides learner, guard and ids. */
const fixedBytes = 7600

/** What became of a command. */
export type Outcome =
  | { kind: 'settings' }
  /** `isRepeat` when it was learned before, under the same id; the prediction is that of then. */
  | { kind: 'learned'; prediction: number; isRepeat: boolean }
  /** `isRepeat` when the same was refused before, under the same id. */
  | { kind: 'refused'; refusal: Refusal; isRepeat: boolean }

/**
 * A learner with all that belongs to it: score, remembered ids, divergence guard and limits. It is what its commands
 * made of it and nothing else: equal commands give equal states, to the byte, whether or not the machine was put away
 * and restored in between. A command that is refused changes nothing but the guard's count, and is remembered under its
 * id as refused; the same id may come again with something else then, as a corrected label does.
 */
export class LearnerMachine {
  readonly name: LearnerName
  /** Writes and reads its records. */
  readonly codec = new LearnRecordCodec()
  readonly #fingerprints = new Fingerprints()
  #settings: SettingsCommand
  #guard: DivergenceGuard<Pipeline>
  #score = new ModelScore()
  #ids: IdWindow

  /**
   * A machine that has learned nothing.
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED for a learner that does not exist, MILL_OPTION_INVALID for parameters
   *   that do not or for limits that are too low
   */
  constructor(settings: SettingsCommand) {
    if (!isLearnerName(settings.learner)) throw damaged(`there is no learner ${settings.learner}`)
    this.name = settings.learner
    this.#settings = settings
    this.#guard = new DivergenceGuard(this.#guarded())
    this.#ids = new IdWindow(settings.limits.ids)
  }

  /** The settings in force. */
  get settings(): SettingsCommand {
    return this.#settings
  }

  /** How many rows the guard skipped. */
  get guardSkips(): number {
    return this.#guard.skips
  }

  /** How often the guard put the learner back, by more than one row. */
  get guardRollbacks(): number {
    return this.#guard.rollbacks
  }

  /** Bytes of memory, within 5 %. */
  get memoryBytes(): number {
    const learner = this.#guard.learner.memoryBytes + this.#guard.memoryBytes
    const remembered = this.#ids.memoryBytes + this.#fingerprints.memoryBytes
    return learner + remembered + this.codec.memoryBytes + fixedBytes
  }

  /** Tell what the guard does from now on. */
  onGuardEvent(listener: (event: GuardEvent) => void): void {
    this.#guard.onEvent = listener
  }

  /** Changes nothing. @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE */
  predict(x: Features): number {
    return this.#guard.learner.predictOne(x)
  }

  metrics(): ModelMetrics {
    return this.#score.metrics()
  }

  /** The features seen so far, in the order of first sight. */
  featureNames(): string[] {
    return this.#guard.learner.regressor.names.list()
  }

  /** The state of the learner alone, as `learnerFromState` reads it. */
  learnerState(): Uint8Array {
    return this.#guard.learner.toState()
  }

  /** What `apply` would answer from memory, if the observation or label is known. */
  recall({ observationId, labelled, features, target }: ObservationCommand): Outcome | undefined {
    if (labelled !== undefined) return this.recallLabel(labelled.predictionId, target)
    if (observationId === undefined) return undefined
    return this.#known('observation', observationId, this.#fingerprints.observation(features, target))
  }

  /** What is known about the label of a prediction. */
  recallLabel(predictionId: string, actual: number): Outcome | undefined {
    return this.#known('prediction', predictionId, this.#fingerprints.label(actual))
  }

  /**
   * Do what a record of the journal says.
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED when it is not one of this learner
   */
  applyRecord(record: Uint8Array): Outcome {
    return this.apply(this.codec.decode(record), record)
  }

  /**
   * Do what a command says.
   * @param record the command as it is in the journal
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED for settings of another learner
   */
  apply(command: LearnCommand, record: Uint8Array = this.codec.encode(command)): Outcome {
    return command.kind === 'settings' ? this.#set(command) : this.#learnOnce(command, record)
  }

  /** The whole state, as bytes like those of a learner. */
  toState(): Uint8Array {
    return encodeState(kind, version, {
      settings: settingsText(this.#settings),
      guard: this.#guard.toFields(),
      score: this.#score.toFields(),
      ids: this.#ids.toFields()
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(bytes: Uint8Array): LearnerMachine {
    const state = decodeState(bytes)
    if (state.string('kind') !== kind || state.number('version') !== version) {
      throw new MillraceError('MILL_STATE_INVALID', `not a ${kind} of version ${version}`)
    }
    const machine = new LearnerMachine(readSettings(state.string('settings')))
    machine.#guard = DivergenceGuard.fromFields(state.map('guard'), machine.#guarded())
    machine.#score = ModelScore.fromFields(state.map('score'))
    machine.#ids = IdWindow.fromFields(state.map('ids'))
    return machine
  }

  #guarded(): Guarded<Pipeline> {
    const limited = (learner: Pipeline): Pipeline => {
      limitLearner(learner, this.name, this.#settings.limits)
      return learner
    }
    const { parameters } = this.#settings
    return {
      create: () => limited(createLearner(this.name, { seed: 0, parameters })),
      restore: state => limited(Pipeline.fromState(state)),
      weights: learnerWeights(this.name),
      decode: record => this.codec.decode(record) as ObservationCommand
    }
  }

  #set(settings: SettingsCommand): Outcome {
    if (!isSameRecipe(settings, this.#settings)) throw damaged('settings of another learner')
    try {
      limitLearner(this.#guard.learner, this.name, settings.limits)
    } catch (error) {
      return refused(error)
    }
    this.#settings = settings
    this.#ids.limit = settings.limits.ids
    this.#guard.forgetRows()
    return { kind: 'settings' }
  }

  #learnOnce(command: ObservationCommand, record: Uint8Array): Outcome {
    const { observationId, labelled, features, target } = command
    const labelPrint = labelled === undefined ? 0 : this.#fingerprints.label(target)
    const print = observationId === undefined ? 0 : this.#fingerprints.observation(features, target)
    const outcome =
      (labelled && this.#known('prediction', labelled.predictionId, labelPrint)) ??
      (observationId === undefined ? undefined : this.#known('observation', observationId, print)) ??
      this.#learn(command, record)
    if (outcome.kind === 'settings' || isConflict(outcome)) return outcome
    const remembered = outcome.kind === 'learned' ? outcome.prediction : outcome.refusal
    if (labelled !== undefined) this.#remember('prediction', labelled.predictionId, labelPrint, remembered)
    if (observationId !== undefined) this.#remember('observation', observationId, print, remembered)
    return outcome
  }

  /** What an id is known to have led to; undefined when it is not known, or what was refused comes with other content. */
  #known(idKind: IdKind, id: string, fingerprint: number): Outcome | undefined {
    const found = this.#ids.find(idKind, id)
    if (found === undefined) return undefined
    const { outcome } = found
    if (found.fingerprint === fingerprint) {
      if (typeof outcome === 'number') return { kind: 'learned', prediction: outcome, isRepeat: true }
      return { kind: 'refused', refusal: outcome, isRepeat: true }
    }
    return typeof outcome === 'number' ? refused(conflictError(idKind, id)) : undefined
  }

  #remember(idKind: IdKind, id: string, fingerprint: number, outcome: number | Refusal): void {
    const found = this.#ids.find(idKind, id)
    // What was learned under an id stays.
    if (typeof found?.outcome !== 'number') this.#ids.set(idKind, id, { fingerprint, outcome })
  }

  #learn({ labelled, features, target }: ObservationCommand, record: Uint8Array): Outcome {
    try {
      learnable('target', target)
      if (labelled !== undefined) this.#score.check(target, labelled.prediction)
      const predictedNow = this.#guard.learn(features, target, record)
      const prediction = labelled?.prediction ?? predictedNow
      this.#score.update(target, prediction)
      return { kind: 'learned', prediction, isRepeat: false }
    } catch (error) {
      return refused(error)
    }
  }
}

function conflictError(idKind: IdKind, id: string): MillraceError {
  if (idKind === 'prediction') {
    return new MillraceError('MILL_LABEL_CONFLICT', 'this prediction has been labelled before, with another value', {
      details: { predictionId: id }
    })
  }
  return new MillraceError('MILL_ID_CONFLICT', 'this observation id has been used before, for something else', {
    details: { observationId: id }
  })
}

/** @throws anything that is not meant for whoever sent the observation */
function refused(error: unknown): Outcome {
  if (!(error instanceof MillraceError)) throw error
  return { kind: 'refused', refusal: refusalOf(error), isRepeat: false }
}

function isConflict(outcome: Outcome): boolean {
  return outcome.kind === 'refused' && conflictCodes.has(outcome.refusal.code)
}

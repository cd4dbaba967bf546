import { finite, MillraceError } from '@millrace/common'
import type { Features, Regressor, StateFields, StateReader } from '@millrace/online'
import { Checkpoint } from './checkpoint.ts'
import { TargetScale } from './target-scale.ts'

/** What the guard did to a row or to the learner, for the log. */
export interface GuardEvent {
  /**
   * `skipped`: the row was not learned. `rolled back`: the learner is as it was some rows ago. `started over`: the stream
   * has changed so much that the learner explodes whenever it learns, so it has begun anew.
   */
  action: 'skipped' | 'rolled back' | 'started over'
  /** What was out of all proportion, or not finite. */
  cause: 'target' | 'prediction' | 'learned prediction' | 'weight' | 'number'
}

/** What the guard must know about the learner it guards. */
export interface Guarded<Learner extends Regressor> {
  /** A learner that has learned nothing. */
  create(): Learner
  /** What `toState` of a learner held. */
  restore(state: Uint8Array): Learner
  /**
   * The weights of a learner whose weights can run away. Without it nothing is kept to go back to: what predicts from
   * the targets it has seen cannot run away, once no target does.
   */
  weights?: ((learner: Learner) => Iterable<number>) | undefined
  /** Turns records back into what was learned from them. */
  decode(record: Uint8Array): { features: Features; target: number }
}

/**
 * Keeps a learner from exploding.
 *
 * A row is poison, and skipped with MILL_LEARN_DIVERGED, when its target is a hundred thousand times larger than any accepted
 * before, when the prediction made for it is ten times larger than any target, or when the same would hold for
 * the prediction after learning it; the learner is then as if the row had never come. When it is not the row but the
 * learner that has grown sick over many rows, it goes back to its last healthy state. Ten poison rows that follow one
 * another and agree with each other are no mistake: they are learned after all, if need be by a learner that begins anew.
 *
 * All this is part of the state and follows from the rows alone. Costs a prediction more for each row.
 */
export class DivergenceGuard<Learner extends Regressor> {
  readonly #guarded: Guarded<Learner>
  #learner: Learner
  #scale = new TargetScale()
  #checkpoint: Checkpoint | undefined
  /** Was the last row predicted out of proportion, before or after it was learned? Then the learner may be sick. */
  #isSuspect = false
  #skips = 0
  #rollbacks = 0
  /** Is told what happens. Not part of the state. */
  onEvent: (event: GuardEvent) => void = () => undefined

  constructor(guarded: Guarded<Learner>) {
    this.#guarded = guarded
    this.#learner = guarded.create()
    if (guarded.weights !== undefined) this.#checkpoint = new Checkpoint(this.#learner.toState())
  }

  /** The learner as it is now; another one after it was put back. */
  get learner(): Learner {
    return this.#learner
  }

  /** How many rows were skipped. */
  get skips(): number {
    return this.#skips
  }

  /** How often the learner lost more than the row in question. */
  get rollbacks(): number {
    return this.#rollbacks
  }

  /** Bytes of memory, without the learner. */
  get memoryBytes(): number {
    return this.#checkpoint?.memoryBytes ?? 0
  }

  /** Rows may be refused from now on that were not before, or the other way round. */
  forgetRows(): void {
    this.#checkpoint?.keep()
  }

  /**
   * Predict, then learn.
   * @param record the row's record in the journal
   * @returns the prediction, whose error has a finite square
   * @throws {MillraceError} MILL_LEARN_DIVERGED or what the learner throws; nothing is learned then
   */
  learn(x: Features, y: number, record: Uint8Array): number {
    const prediction = this.#predictHealthily(x, y)
    const insists = this.#insists(prediction, y)
    if (insists && this.#checkpoint !== undefined && !this.#scale.fits(prediction, y))
      return this.#learnAnew(x, y, record)
    this.#learnFinitely(this.#learner, x, y, prediction)
    if (this.#checkpoint !== undefined) {
      const after = this.#makeSound(this.#checkpoint, x, y, insists)
      this.#isSuspect = !this.#scale.isHealthy(prediction, y) || !this.#scale.isHealthy(after, y)
      this.#checkpoint.add(record, !this.#isSuspect)
    }
    this.#scale.accept(y)
    if (this.#checkpoint?.isDue === true) this.#closeWindow(this.#checkpoint)
    return prediction
  }

  toFields(): StateFields {
    return {
      learner: this.#learner.toState(),
      scale: this.#scale.toFields(),
      checkpoint: this.#checkpoint?.toFields() ?? null,
      isSuspect: this.#isSuspect,
      skips: this.#skips,
      rollbacks: this.#rollbacks
    }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromFields<Kind extends Regressor>(state: StateReader, guarded: Guarded<Kind>): DivergenceGuard<Kind> {
    const guard = new DivergenceGuard(guarded)
    guard.#learner = guarded.restore(state.bytes('learner'))
    guard.#scale = TargetScale.fromFields(state.map('scale'))
    if (guarded.weights !== undefined) guard.#checkpoint = Checkpoint.fromFields(state.map('checkpoint'))
    guard.#isSuspect = state.boolean('isSuspect')
    guard.#skips = state.count('skips')
    guard.#rollbacks = state.count('rollbacks')
    return guard
  }

  /** The prediction for a row, made by the last healthy learner if this one has grown sick; NaN when it is not finite. */
  #predictHealthily(x: Features, y: number): number {
    const prediction = predicted(this.#learner, x)
    if (this.#scale.fits(prediction, y) || this.#scale.isOutlier(y)) return prediction
    const checkpoint = this.#checkpoint
    if (checkpoint === undefined || (checkpoint.isFresh && !this.#isSuspect)) return prediction
    const healthy = this.#guarded.restore(checkpoint.state)
    const healthyPrediction = predicted(healthy, x)
    // Where a healthy learner errs as well, it is the row that is odd. One that has learned nothing cannot tell.
    if (!this.#scale.isHealthy(healthyPrediction, y)) return prediction
    this.#rollBack(checkpoint, healthy, 'prediction')
    return healthyPrediction
  }

  /**
   * False for a row like others, true for one that looks like poison and is to be learned all the same.
   * @throws {MillraceError} MILL_LEARN_DIVERGED for poison
   */
  #insists(prediction: number, y: number): boolean {
    const isOutlier = this.#scale.isOutlier(y)
    if (!isOutlier && this.#scale.fits(prediction, y)) return false
    if (this.#scale.insists(y) && Number.isFinite(prediction)) return true
    throw this.#skip(isOutlier ? 'target' : 'prediction')
  }

  /**
   * Learn a row with a new learner, because the stream insists on rows that the old one has no idea of.
   * @returns the prediction of the new learner, since that of the old one would be the largest error for ever
   * @throws {MillraceError} MILL_LEARN_DIVERGED
   */
  #learnAnew(x: Features, y: number, record: Uint8Array): number {
    const prediction = predicted(this.#guarded.create(), x)
    this.#isSuspect = !this.#scale.isHealthy(this.#startOver(x, y), y)
    this.#checkpoint!.add(record, !this.#isSuspect)
    this.#scale.accept(y)
    return prediction
  }

  /**
   * Undo the row just learned if the learner explodes with it.
   * @returns the prediction for the row by the learner as it is then
   * @throws {MillraceError} MILL_LEARN_DIVERGED
   */
  #makeSound(checkpoint: Checkpoint, x: Features, y: number, insists: boolean): number {
    const prediction = predicted(this.#learner, x)
    if (this.#scale.fits(prediction, y)) return prediction
    this.#undo(checkpoint)
    if (!insists && !this.#scale.insists(y)) throw this.#skip('learned prediction')
    return this.#startOver(x, y)
  }

  /** Learn the row with a new learner, if that does not explode. @throws {MillraceError} MILL_LEARN_DIVERGED */
  #startOver(x: Features, y: number): number {
    const fresh = this.#guarded.create()
    const before = fresh.toState()
    this.#learnFinitely(fresh, x, y, 0)
    const prediction = predicted(fresh, x)
    if (!this.#scale.fits(prediction, y)) throw this.#skip('learned prediction')
    this.#learner = fresh
    this.#rollbacks++
    this.#checkpoint = new Checkpoint(before)
    this.onEvent({ action: 'started over', cause: 'learned prediction' })
    return prediction
  }

  #undo(checkpoint: Checkpoint): void {
    const healthy = this.#guarded.restore(checkpoint.state)
    const rows = checkpoint.rows()
    if (rows === undefined) {
      this.#rollBack(checkpoint, healthy, 'learned prediction')
      return
    }
    for (const row of rows) {
      const { features, target } = this.#guarded.decode(row)
      healthy.learnOne(features, target)
    }
    this.#learner = healthy
    // The next row may have to be undone too.
    if (rows.length > 0 && checkpoint.isHealthy) checkpoint.renew(healthy.toState())
  }

  #rollBack(checkpoint: Checkpoint, healthy: Learner, cause: GuardEvent['cause']): void {
    this.#learner = healthy
    this.#rollbacks++
    checkpoint.restart()
    this.onEvent({ action: 'rolled back', cause })
  }

  #closeWindow(checkpoint: Checkpoint): void {
    for (const weight of this.#guarded.weights!(this.#learner)) {
      if (this.#scale.fitsWeight(weight)) continue
      this.#rollBack(checkpoint, this.#guarded.restore(checkpoint.state), 'weight')
      return
    }
    if (checkpoint.isHealthy) checkpoint.renew(this.#learner.toState())
    else checkpoint.keep()
  }

  #learnFinitely(learner: Learner, x: Features, y: number, prediction: number): void {
    try {
      finite('squared error', (y - prediction) ** 2)
      learner.learnOne(x, y)
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'MILL_VALUE_NOT_FINITE') this.#skip('number')
      throw error
    }
  }

  #skip(cause: GuardEvent['cause']): MillraceError {
    this.#skips++
    this.onEvent({ action: 'skipped', cause })
    const what = cause === 'learned prediction' ? 'what the model would predict after learning this' : `the ${cause}`
    return new MillraceError('MILL_LEARN_DIVERGED', `${what} is out of all proportion to the targets so far`, {
      details: { cause }
    })
  }
}

/** NaN when the prediction is not finite. */
function predicted(learner: Regressor, x: Features): number {
  try {
    return learner.predictOne(x)
  } catch (error) {
    if (error instanceof MillraceError && error.code === 'MILL_VALUE_NOT_FINITE') return NaN
    throw error
  }
}

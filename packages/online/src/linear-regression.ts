import { finite, nonNegative, optionError, positive } from '@millrace/common'
import { FeatureNames, featureNamesFrom } from './feature-names.ts'
import type { Features } from './learner.ts'
import { arraySize, roomFor } from './memory-size.ts'
import { resized, Row, unusedRow } from './row.ts'
import { learnNamed, limitAlone, type RowRegressor } from './row-step.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { validated } from './state-errors.ts'

const kind = 'LinearRegression'
/** Bytes of the object and its options. */
const fixedSize = 300

/** Settings of {@link LinearRegression}. */
export interface LinearRegressionOptions {
  /** Step size for the weights; > 0. */
  learningRate?: number
  /** Step size for the intercept; >= 0, 0 keeps it where it is. */
  interceptLearningRate?: number
  /** Intercept before anything is learned, in the target's unit. */
  interceptInit?: number
  /** Strength of the L1 penalty (cumulative, truncated at 0); >= 0. Not together with `l2`. */
  l1?: number
  /** Strength of the L2 penalty, on the weights of the features present; >= 0. Not together with `l1`. */
  l2?: number
  /** Largest magnitude of the gradient of the loss; > 0. */
  clipGradient?: number
}

/**
 * Linear regression by stochastic gradient descent on the squared loss `(prediction - y)²`, whose gradient has the
 * factor 2. Only the weights of the features present move. Time O(names in x) a call, memory O(names seen).
 * @see Bottou, "Stochastic Gradient Descent Tricks", 2012; for `l1` Tsuruoka, Tsujii and Ananiadou, "Stochastic Gradient
 *   Descent Training for L1-regularized Log-linear Models with Cumulative Penalty", ACL 2009.
 */
export class LinearRegression implements RowRegressor {
  readonly #options: Required<LinearRegressionOptions>
  #names = new FeatureNames()
  readonly #row = new Row()
  #weights: Float64Array = new Float64Array(0)
  #intercept: number
  /** L1 penalty every weight could have received so far. */
  #penalty = 0
  /** L1 penalty each weight actually received. */
  #penalties: Float64Array = new Float64Array(0)
  /** The weights of the row under way as they will be. */
  #next: Float64Array = new Float64Array(0)

  /** @throws {MillraceError} MILL_OPTION_INVALID */
  constructor(options: LinearRegressionOptions = {}) {
    this.#options = {
      learningRate: positive('learningRate', options.learningRate ?? 0.01),
      interceptLearningRate: nonNegative('interceptLearningRate', options.interceptLearningRate ?? 0.01),
      interceptInit: options.interceptInit ?? 0,
      l1: nonNegative('l1', options.l1 ?? 0),
      l2: nonNegative('l2', options.l2 ?? 0),
      clipGradient: positive('clipGradient', options.clipGradient ?? 1e12)
    }
    const { interceptInit } = this.#options
    if (!Number.isFinite(interceptInit)) throw optionError('interceptInit', 'a finite number', interceptInit)
    if (this.#options.l1 > 0 && this.#options.l2 > 0) throw optionError('l1', '0 when l2 is not', this.#options.l1)
    this.#intercept = this.#options.interceptInit
  }

  /** Always true: before anything is learned the prediction is `interceptInit`, and that counts. */
  get canPredict(): boolean {
    return true
  }

  get names(): FeatureNames {
    return this.#names
  }

  /** The intercept, in the target's unit. */
  get intercept(): number {
    return this.#intercept
  }

  /** The weight of each feature seen, in the target's unit per unit of the feature. */
  get weights(): Map<string, number> {
    return new Map(this.#names.list().map((name, slot) => [name, this.#weights[slot] ?? 0]))
  }

  get memoryBytes(): number {
    return this.ownBytes + this.#names.memoryBytes
  }

  get ownBytes(): number {
    return fixedSize + 2 * arraySize(this.#weights.byteLength) + arraySize(this.#next.byteLength) + this.#row.ownBytes
  }

  bytesFor(names: number): number {
    return fixedSize + 3 * arraySize(8 * roomFor(names)) + unusedRow
  }

  limitMemory(bytes: number): void {
    limitAlone(this, bytes)
  }

  /** Does nothing: all it keeps is kept for names. */
  shrink(): void {}

  useNames(names: FeatureNames): void {
    this.#names = names
  }

  predictOne(x: Features): number {
    return finite('prediction', this.predictRow(this.#names.read(x, this.#row)))
  }

  learnOne(x: Features, y: number): void {
    learnNamed(this, this.#names, this.#row, x, y)
  }

  predictRow(row: Row): number {
    const { values } = row
    const { slots } = row.layout
    const weights = this.#weights
    let sum = 0
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!
      if (slot < weights.length) sum += values[index]! * weights[slot]!
    }
    return sum + this.#intercept
  }

  learnRow(row: Row, y: number): void {
    this.#fitNames()
    const { learningRate, interceptLearningRate, l1, l2, clipGradient } = this.#options
    const { values } = row
    const { slots } = row.layout
    const raw = 2 * (this.predictRow(row) - y)
    const gradient = raw > clipGradient ? clipGradient : raw < -clipGradient ? -clipGradient : raw
    const intercept = finite('intercept', this.#intercept - interceptLearningRate * gradient)
    if (this.#next.length < slots.length) this.#next = new Float64Array(roomFor(slots.length))
    const next = this.#next
    const weights = this.#weights
    for (let index = 0; index < slots.length; index++) {
      const weight = weights[slots[index]!]!
      const slope = gradient * values[index]!
      next[index] = finite('weight', weight - learningRate * (l2 === 0 ? slope : slope + l2 * weight))
    }
    const penalty = finite('penalty', this.#penalty + l1 * learningRate)
    for (let index = 0; index < slots.length; index++) weights[slots[index]!] = next[index]!
    this.#intercept = intercept
    this.#penalty = penalty
    if (l1 > 0) this.#shrink(slots)
  }

  toState(): Uint8Array {
    const size = this.#names.size
    this.#fitNames()
    return encodeState(kind, 1, {
      options: { ...this.#options },
      names: this.#names.list(),
      weights: this.#weights.slice(0, size),
      intercept: this.#intercept,
      penalty: this.#penalty,
      penalties: this.#penalties.slice(0, size)
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): LinearRegression {
    const state = decodeStateOf(source, kind, 1)
    const options = state.map('options')
    const model = validated(
      () =>
        new LinearRegression({
          learningRate: options.number('learningRate'),
          interceptLearningRate: options.number('interceptLearningRate'),
          interceptInit: options.number('interceptInit'),
          l1: options.number('l1'),
          l2: options.number('l2'),
          clipGradient: options.number('clipGradient')
        })
    )
    model.#names = featureNamesFrom(state.strings('names'))
    model.#weights = state.finites('weights', model.#names.size).slice()
    model.#intercept = state.finite('intercept')
    model.#penalty = state.finite('penalty')
    model.#penalties = state.finites('penalties', model.#names.size).slice()
    model.#fitNames()
    return model
  }

  #shrink(slots: Int32Array): void {
    for (const slot of slots) {
      const weight = this.#weights[slot]!
      const received = this.#penalties[slot]!
      if (weight > 0) this.#weights[slot] = Math.max(0, weight - (this.#penalty + received))
      else if (weight < 0) this.#weights[slot] = Math.min(0, weight + (this.#penalty - received))
      this.#penalties[slot] = received + (this.#weights[slot]! - weight)
    }
  }

  /** Have room for the names known, and no more: those of a refused row are gone. */
  #fitNames(): void {
    const room = roomFor(this.#names.size)
    if (this.#weights.length === room) return
    this.#weights = resized(this.#weights, room)
    this.#penalties = resized(this.#penalties, room)
    if (this.#next.length > room) this.#next = new Float64Array(room)
  }
}

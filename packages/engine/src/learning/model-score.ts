import { finite } from '@millrace/common'
import { type LifetimeMetric, Mae, Mape, Mse, type StateFields, type StateReader } from '@millrace/online'

/** The sizes of the rolling windows, in predictions. */
const windowSizes = [5, 10, 20] as const
const longestWindow = 20

/** Mean errors over a set of scored predictions; all 0 when there are none. */
export interface ErrorMeans {
  /** Mean absolute error, in the target's unit. */
  mae: number
  /** Mean squared error. */
  mse: number
  /** Root of the mean squared error, in the target's unit. */
  rmse: number
  /**
   * Mean absolute error in percent of the actual, over the predictions that have one: those whose actual is not 0, nor so
   * close to it that the percentage is beyond the range of a double.
   */
  mape: number
}

/** How well a model has predicted. Lifetime figures count every scored prediction since the model was made. */
export interface ModelMetrics extends ErrorMeans {
  /** How many predictions were scored. */
  count: number
  lastPrediction: number
  lastActual: number
  /** Magnitude of the last error. */
  lastError: number
  /** The same means over the latest predictions only. */
  windows: (ErrorMeans & { size: number })[]
}

/** Keeps a model's score: lifetime and rolling means in constant memory. Rolling ones are worked out when asked for. */
export class ModelScore {
  #lifetime = new MeanErrors()
  #count = 0
  /** The latest pairs; that of prediction `n`, counted from 0, stands at `n % longestWindow`. */
  readonly #actuals = new Float64Array(longestWindow)
  readonly #predictions = new Float64Array(longestWindow)

  /**
   * Whether `update` will take this pair; so that a model can make sure before it learns.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE when the error is beyond the range of a double
   */
  check(y: number, prediction: number): void {
    // Where the square is finite, so is the error itself.
    finite('squared error', (y - prediction) ** 2)
  }

  /** Count the prediction made for a row whose target turned out to be `y`. */
  update(y: number, prediction: number): void {
    this.#lifetime.update(y, prediction)
    this.#actuals[this.#count % longestWindow] = y
    this.#predictions[this.#count % longestWindow] = prediction
    this.#count++
  }

  metrics(): ModelMetrics {
    const [lastActual = 0] = this.#latest(this.#actuals, 1)
    const [lastPrediction = 0] = this.#latest(this.#predictions, 1)
    return {
      count: this.#count,
      ...this.#lifetime.means(),
      lastPrediction,
      lastActual,
      lastError: Math.abs(lastActual - lastPrediction),
      windows: windowSizes.map(size => ({ size, ...this.#rolling(size).means() }))
    }
  }

  toFields(): StateFields {
    return {
      count: this.#count,
      ...this.#lifetime.toFields(),
      actuals: this.#latest(this.#actuals, longestWindow),
      predictions: this.#latest(this.#predictions, longestWindow)
    }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromFields(state: StateReader): ModelScore {
    const score = new ModelScore()
    score.#count = state.count('count')
    score.#lifetime = MeanErrors.fromFields(state)
    const held = Math.min(score.#count, longestWindow)
    const actuals = state.finites('actuals', held)
    const predictions = state.finites('predictions', held)
    for (let index = 0; index < held; index++) {
      const place = (score.#count - held + index) % longestWindow
      score.#actuals[place] = actuals[index]!
      score.#predictions[place] = predictions[index]!
    }
    return score
  }

  /** The latest `size` entries, or as many as there are, oldest first. */
  #latest(ring: Float64Array, size: number): Float64Array {
    const held = Math.min(size, this.#count)
    return Float64Array.from({ length: held }, (_, index) => ring[(this.#count - held + index) % longestWindow]!)
  }

  #rolling(size: number): MeanErrors {
    const means = new MeanErrors()
    const predictions = this.#latest(this.#predictions, size)
    for (const [index, y] of this.#latest(this.#actuals, size).entries()) means.update(y, predictions[index]!)
    return means
  }
}

/** The three means that all others follow from. */
class MeanErrors {
  readonly #mae: LifetimeMetric
  readonly #mse: LifetimeMetric
  readonly #mape: LifetimeMetric

  constructor(mae = new Mae(), mse = new Mse(), mape = new Mape({ skipZeros: true })) {
    this.#mae = mae
    this.#mse = mse
    this.#mape = mape
  }

  update(y: number, prediction: number): void {
    this.#mae.update(y, prediction)
    this.#mse.update(y, prediction)
    const hasPercentage = Number.isFinite(100 * (Math.abs(y - prediction) / Math.abs(y)))
    if (hasPercentage) this.#mape.update(y, prediction)
  }

  means(): ErrorMeans {
    const mse = this.#mse.value
    return { mae: this.#mae.value, mse, rmse: Math.sqrt(mse), mape: this.#mape.value }
  }

  toFields(): StateFields {
    return { mae: this.#mae.toState(), mse: this.#mse.toState(), mape: this.#mape.toState() }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromFields(state: StateReader): MeanErrors {
    return new MeanErrors(
      Mae.fromState(state.bytes('mae')),
      Mse.fromState(state.bytes('mse')),
      Mape.fromState(state.bytes('mape'))
    )
  }
}

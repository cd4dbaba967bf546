import { finite } from '@millrace/common'
import { type LifetimeMetric, Mae, Mape, type Metric, Mse, Rolling } from '@millrace/online'

/** The sizes of the rolling windows, in predictions. */
const windowSizes = [5, 10, 20] as const

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

/** Keeps a model's score: lifetime and rolling means in constant memory. */
export class ModelScore {
  readonly #lifetime = new MeanErrors(metric => metric)
  readonly #windows = windowSizes.map(size => ({ size, means: new MeanErrors(metric => new Rolling(metric, size)) }))
  #count = 0
  #lastPrediction = 0
  #lastActual = 0

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
    for (const { means } of this.#windows) means.update(y, prediction)
    this.#count++
    this.#lastPrediction = prediction
    this.#lastActual = y
  }

  metrics(): ModelMetrics {
    return {
      count: this.#count,
      ...this.#lifetime.means(),
      lastPrediction: this.#lastPrediction,
      lastActual: this.#lastActual,
      lastError: Math.abs(this.#lastActual - this.#lastPrediction),
      windows: this.#windows.map(({ size, means }) => ({ size, ...means.means() }))
    }
  }
}

/** The three means that all others follow from. */
class MeanErrors {
  readonly #mae: Metric
  readonly #mse: Metric
  readonly #mape: Metric

  constructor(over: (metric: LifetimeMetric) => Metric) {
    this.#mae = over(new Mae())
    this.#mse = over(new Mse())
    this.#mape = over(new Mape({ skipZeros: true }))
  }

  update(y: number, prediction: number): void {
    this.#mae.update(y, prediction)
    this.#mse.update(y, prediction)
    // A row without percentage takes its place in a window all the same.
    const hasPercentage = Number.isFinite(100 * (Math.abs(y - prediction) / Math.abs(y)))
    this.#mape.update(hasPercentage ? y : 0, prediction)
  }

  means(): ErrorMeans {
    const mse = this.#mse.value
    return { mae: this.#mae.value, mse, rmse: Math.sqrt(mse), mape: this.#mape.value }
  }
}

import { type Features, Mae, Mape, type Metric, R2, type Regressor, Rmse, Smape } from '@millrace/online'

/** What is compared: a regressor, or what stands for one; undefined where it cannot predict this row. */
export interface Predictor extends Pick<Regressor, 'canPredict' | 'learnOne'> {
  predictOne(x: Features): number | undefined
}

/** One of the regressors that are compared. */
export interface Contender {
  name: string
  regressor: Predictor
  /** A rule without learning, which a model has to beat to be worth anything. */
  isBaseline: boolean
}

/** How a contender has done so far. Measures that no row counts for are undefined. */
export interface Standing {
  name: string
  isBaseline: boolean
  /** Rows predicted before they were learned. */
  scored: number
  mae: number | undefined
  /** MAE over the rows from {@link ProgressiveValidation.comparableFrom} on, which is fair to compare. */
  comparableMae: number | undefined
  rmse: number | undefined
  /** In percent, over the rows whose target is not 0. */
  mape: number | undefined
  /** In percent, 0 to 200. */
  smape: number | undefined
  r2: number | undefined
  /** Mean time to predict and learn one row. */
  microsecondsPerRow: number | undefined
}

/** Settings of {@link ProgressiveValidation}. */
export interface ProgressiveValidationOptions {
  /** A clock in milliseconds, with fractions. */
  now?: () => number
}

/**
 * Progressive validation, or test-then-train: every contender predicts each row, is scored on it, and only then learns
 * it, so that the whole stream is a test set nobody has seen. Rows that a contender cannot predict yet are learned but
 * not scored. Memory does not grow with the rows, except for what the contenders themselves keep.
 * @see Gama, Sebastião and Rodrigues, "On evaluating stream learning algorithms", Machine Learning 90 (2013) 317-346.
 */
export class ProgressiveValidation {
  readonly #runs: readonly Run[]
  readonly #now: () => number
  #rows = 0
  #comparableFrom: number | undefined

  constructor(contenders: readonly Contender[], { now = () => performance.now() }: ProgressiveValidationOptions = {}) {
    this.#runs = contenders.map(contender => new Run(contender))
    this.#now = now
  }

  /** How many rows went through. */
  get rows(): number {
    return this.#rows
  }

  /**
   * The first row, from 1, that every contender with a score was scored on: a rule that needs a season of rows before it
   * predicts is spared the first ones, where learners err most. Undefined while nobody has a score.
   */
  get comparableFrom(): number | undefined {
    return this.#comparableFrom
  }

  /**
   * Predict, score, learn.
   * @param predictions takes one prediction a contender, in the contenders' order, each made before learning; undefined
   *   where a contender could not predict
   * @throws {MillraceError} what a contender throws about `x` or `y`; the standings are of no use from then on
   */
  step(x: Features, y: number, predictions: (number | undefined)[] = []): (number | undefined)[] {
    let before = this.#now()
    for (let index = 0; index < this.#runs.length; index++) {
      const run = this.#runs[index]!
      predictions[index] = run.predictLearn(x, y)
      const after = this.#now()
      run.spentMs += after - before
      before = after
    }
    this.#rows++
    // Scoring comes after all the work that is timed.
    if (this.#runs.some((run, index) => !run.hasScore && predictions[index] !== undefined)) this.#compareFromHere()
    for (let index = 0; index < this.#runs.length; index++) this.#runs[index]!.score(y, predictions[index])
    return predictions
  }

  /** Somebody joins the others; from then on it predicts every row. */
  #compareFromHere(): void {
    this.#comparableFrom = this.#rows
    for (const run of this.#runs) run.compareAnew()
  }

  /** In the contenders' order. */
  standings(): Standing[] {
    return this.#runs.map(run => run.standing(this.#rows))
  }
}

/** A contender under way. */
class Run {
  spentMs = 0
  readonly #contender: Contender
  readonly #mae = new Mae()
  #comparableMae = new Mae()
  readonly #rmse = new Rmse()
  readonly #mape = new Mape({ skipZeros: true })
  readonly #smape = new Smape()
  readonly #r2 = new R2()

  constructor(contender: Contender) {
    this.#contender = contender
  }

  get hasScore(): boolean {
    return this.#mae.count > 0
  }

  compareAnew(): void {
    this.#comparableMae = new Mae()
  }

  predictLearn(x: Features, y: number): number | undefined {
    const { regressor } = this.#contender
    const prediction = regressor.canPredict ? regressor.predictOne(x) : undefined
    regressor.learnOne(x, y)
    return prediction
  }

  score(y: number, prediction: number | undefined): void {
    if (prediction === undefined) return
    this.#mae.update(y, prediction)
    this.#comparableMae.update(y, prediction)
    this.#rmse.update(y, prediction)
    this.#mape.update(y, prediction)
    this.#smape.update(y, prediction)
    this.#r2.update(y, prediction)
  }

  standing(rows: number): Standing {
    const { name, isBaseline } = this.#contender
    return {
      name,
      isBaseline,
      scored: this.#mae.count,
      mae: valueOf(this.#mae),
      comparableMae: valueOf(this.#comparableMae),
      rmse: valueOf(this.#rmse),
      mape: valueOf(this.#mape),
      smape: valueOf(this.#smape),
      r2: valueOf(this.#r2),
      microsecondsPerRow: rows === 0 ? undefined : (this.spentMs / rows) * 1000
    }
  }
}

function valueOf(metric: Metric): number | undefined {
  return metric.count === 0 ? undefined : metric.value
}

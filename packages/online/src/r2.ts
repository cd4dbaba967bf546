import { finite } from '@millrace/common'
import { type LifetimeMetric, residual } from './metric.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid } from './state-errors.ts'

const kind = 'R2'

/**
 * Coefficient of determination: 1 minus the squared errors' sum over the sum of the squared deviations of the actuals
 * from their mean. 1 is perfect, 0 as good as always predicting the mean; 0 too before two rows differ.
 */
export class R2 implements LifetimeMetric {
  #count = 0
  /** Mean of the actuals. */
  #mean = 0
  /** Sum of the squared deviations of the actuals from their mean (Welford). */
  #deviations = 0
  /** Sum of the squared errors. */
  #errors = 0

  /** Where the quotient is beyond a double, the most negative double. */
  get value(): number {
    if (this.#deviations === 0) return 0
    const ratio = this.#errors / this.#deviations
    return Number.isFinite(ratio) ? 1 - ratio : -Number.MAX_VALUE
  }

  get count(): number {
    return this.#count
  }

  update(y: number, prediction: number): void {
    const errors = finite('sum of squared errors', this.#errors + residual(y, prediction) ** 2)
    const count = this.#count + 1
    const offset = y - this.#mean
    const mean = this.#mean + offset / count
    this.#deviations = finite('sum of squared deviations', this.#deviations + offset * (y - mean))
    this.#errors = errors
    this.#mean = mean
    this.#count = count
  }

  merge(other: R2): void {
    if (other.#count === 0) return
    const count = this.#count + other.#count
    const offset = other.#mean - this.#mean
    const share = other.#count / count
    this.#deviations += other.#deviations + offset * offset * share * this.#count
    this.#mean += offset * share
    this.#errors += other.#errors
    this.#count = count
  }

  fresh(): R2 {
    return new R2()
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, {
      count: this.#count,
      mean: this.#mean,
      deviations: this.#deviations,
      errors: this.#errors
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): R2 {
    const state = decodeStateOf(source, kind, 1)
    const metric = new R2()
    metric.#count = state.count('count')
    metric.#mean = state.finite('mean')
    metric.#deviations = state.finite('deviations')
    metric.#errors = state.finite('errors')
    if (metric.#deviations < 0 || metric.#errors < 0) throw invalid('a sum of squares is negative')
    return metric
  }
}

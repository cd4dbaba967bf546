import { finite } from '@millrace/common'

/** A measure of how well predictions fit, kept up to date one pair at a time. */
export interface Metric {
  /** The measure over the pairs counted; 0 before any. */
  readonly value: number

  /** How many pairs are counted. */
  readonly count: number

  /**
   * Count the prediction made for a row whose actual target is `y`.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE for input that is not finite, or whose error is beyond the range of a
   *   double, with the metric left as it was
   */
  update(y: number, prediction: number): void

  /** The whole state, as bytes like those of a learner. Restore with the class's `fromState` or `metricFromState`. */
  toState(): Uint8Array
}

/** A metric over all pairs since it was made, in constant memory; the parts of a stream can be put together. */
export interface LifetimeMetric extends Metric {
  /** A new metric with the same options that has counted nothing. */
  fresh(): LifetimeMetric

  /** Count all that `other`, a metric of the same class and options, has counted. */
  merge(other: this): void
}

/** `y - prediction`. @throws {MillraceError} MILL_VALUE_NOT_FINITE unless both and their difference are finite */
export function residual(y: number, prediction: number): number {
  return finite('error', finite('actual', y) - finite('prediction', prediction))
}

import type { StateFields, StateReader } from '@millrace/online'

/** Rows that must be accepted before the scale of the targets means anything. */
const rowsToStart = 10
/**
 * A target so many times larger than any before is taken for a mistake. Units that are mixed up often differ by a factor
 * 1000, by which a stream may also change for good.
 */
const outlierFactor = 1e5
/** Before the scale means much, after this many rows, only what is beyond all reason is taken for a mistake. */
const rowsToDoubt = 2
const earlyOutlierFactor = 1e9
/**
 * A prediction so many times larger than any target is an explosion. On streams that a learner can follow the factor
 * stays below 1.2 after the first ten rows; one that overshoots by 10 mostly grows without bound.
 */
const explosionFactor = 10
/** A prediction at most so many times larger than any target is nothing to worry about. */
const healthyFactor = 3
/** Weights of features that are nearly the same may grow far beyond the targets, and cancel each other. */
const weightFactor = 1e6
/** So many poison rows in a row that agree with each other are no mistake: the stream has changed. */
const rowsToInsist = 10
/** How far apart the magnitudes of their targets may be. */
const agreementFactor = 1e3

/**
 * The scale of a stream's targets, and what is out of all proportion to it. The scale is the largest magnitude among the
 * rows accepted so far: a stream of zeros and rare large numbers alarms nobody, and a poison row
 * does not raise it, unless it is one of the first.
 * Without targets other than 0 there is no scale, and nothing is out of proportion.
 */
export class TargetScale {
  /** How many rows were accepted. */
  #accepted = 0
  #largest = 0
  /** How many poison rows have followed one another, and the range of their magnitudes. */
  #run = 0
  #runLowest = 0
  #runHighest = 0

  /** Is this target out of all proportion? */
  isOutlier(y: number): boolean {
    if (this.#accepted < rowsToDoubt || this.#largest === 0) return false
    return Math.abs(y) > (this.#isKnown ? outlierFactor : earlyOutlierFactor) * this.#largest
  }

  /** Is this number, predicted for a row whose target is `y`, finite and not out of all proportion? */
  fits(value: number, y: number): boolean {
    return this.#isWithin(explosionFactor, value, y)
  }

  /** The same for a weight of a scaled feature. */
  fitsWeight(weight: number): boolean {
    return this.#isWithin(weightFactor, weight, 0)
  }

  /** Is it, beyond that, as one expects of a healthy learner? */
  isHealthy(value: number, y: number): boolean {
    return this.#isWithin(healthyFactor, value, y)
  }

  /**
   * Take note of a poison row with the target `y`.
   * @returns whether the stream insists: ten or more poison rows have followed one another, with targets of about the
   *   same magnitude, but not always the same target where that is the outlier, as a placeholder for a missing value is
   */
  insists(y: number): boolean {
    const isOutlier = this.isOutlier(y)
    const magnitude = isOutlier ? Math.abs(y) : this.#largest
    const lowest = Math.min(this.#runLowest, magnitude)
    const highest = Math.max(this.#runHighest, magnitude)
    const continues = this.#run > 0 && highest <= agreementFactor * lowest
    this.#run = continues ? this.#run + 1 : 1
    this.#runLowest = continues ? lowest : magnitude
    this.#runHighest = continues ? highest : magnitude
    return this.#run >= rowsToInsist && !(isOutlier && this.#runLowest === this.#runHighest)
  }

  /** A row with this target was learned. */
  accept(y: number): void {
    this.#accepted++
    this.#run = 0
    if (Math.abs(y) > this.#largest) this.#largest = Math.abs(y)
  }

  get #isKnown(): boolean {
    return this.#accepted >= rowsToStart && this.#largest > 0
  }

  #isWithin(factor: number, value: number, y: number): boolean {
    const magnitude = Math.abs(value)
    return this.#isKnown ? magnitude <= factor * Math.max(this.#largest, Math.abs(y)) : magnitude < Infinity
  }

  toFields(): StateFields {
    return {
      accepted: this.#accepted,
      largest: this.#largest,
      run: this.#run,
      runLowest: this.#runLowest,
      runHighest: this.#runHighest
    }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromFields(state: StateReader): TargetScale {
    const scale = new TargetScale()
    scale.#accepted = state.count('accepted')
    scale.#largest = state.finite('largest')
    scale.#run = state.count('run')
    scale.#runLowest = state.finite('runLowest')
    scale.#runHighest = state.finite('runHighest')
    return scale
  }
}

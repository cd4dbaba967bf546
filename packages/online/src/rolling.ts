import { integerWithin, optionError } from '@millrace/common'
import type { LifetimeMetric, Metric } from './metric.ts'
import { lifetimeMetrics } from './metric-restorers.ts'
import { restore } from './restorers.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid, validated } from './state-errors.ts'

const kind = 'Rolling'
const largestWindow = 10_000_000

/**
 * A metric over the latest `window` pairs. Nothing is ever subtracted, so no rounding error outlives its pairs: the
 * window is kept in two parts, as a queue made of two stacks. The newer pairs are counted in one metric; for the older
 * ones there is a metric over each pair and all between it and the newer part, and dropping the oldest pair drops its
 * metric. When the older part is used up, the newer pairs become the older part.
 *
 * Time O(1) a call on average, O(window) once every `window` updates; memory O(window).
 * @see Tangwongsan, Hirzel and Schneider, "Low-Latency Sliding-Window Aggregation in Worst-Case Constant Time", DEBS 2017.
 */
export class Rolling implements Metric {
  readonly #window: number
  readonly #empty: LifetimeMetric
  /** The older pairs, the oldest last. */
  #older: OlderPair[] = []
  /** The newer pairs, the oldest first. */
  #newer: Pair[] = []
  /** Over the newer pairs. */
  #newerMetric: LifetimeMetric

  /**
   * @param metric says which metric; must not have counted anything
   * @param window how many pairs count, an integer > 0
   * @throws {MillraceError} MILL_OPTION_INVALID
   */
  constructor(metric: LifetimeMetric, window: number) {
    if (metric.count > 0) throw optionError('metric', 'a metric that has counted nothing', 'a used one')
    this.#window = integerWithin('window', window, 1, largestWindow)
    this.#empty = metric.fresh()
    this.#newerMetric = metric.fresh()
  }

  get value(): number {
    const oldest = this.#older.at(-1)
    if (oldest === undefined) return this.#newerMetric.value
    const whole = this.#empty.fresh()
    whole.merge(oldest.metric)
    whole.merge(this.#newerMetric)
    return whole.value
  }

  get count(): number {
    return (this.#older.at(-1)?.metric.count ?? 0) + this.#newerMetric.count
  }

  update(y: number, prediction: number): void {
    this.#newerMetric.update(y, prediction)
    this.#newer.push({ y, prediction })
    if (this.#older.length + this.#newer.length <= this.#window) return
    if (this.#older.length === 0) this.#turn()
    this.#older.pop()
  }

  toState(): Uint8Array {
    const pairs: Pair[] = [...this.#older.toReversed(), ...this.#newer]
    return encodeState(kind, 1, {
      window: this.#window,
      metric: this.#empty.toState(),
      older: this.#older.length,
      actuals: Float64Array.from(pairs, pair => pair.y),
      predictions: Float64Array.from(pairs, pair => pair.prediction)
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): Rolling {
    const state = decodeStateOf(source, kind, 1)
    const metric = restore(lifetimeMetrics, state.bytes('metric'))
    const rolling = validated(() => new Rolling(metric, state.number('window')))
    const actuals = state.finites('actuals')
    const predictions = state.finites('predictions', actuals.length)
    const older = state.count('older', actuals.length)
    if (actuals.length > rolling.#window) throw invalid('more pairs than the window holds')
    validated(() => {
      for (const [index, y] of actuals.entries()) {
        rolling.update(y, predictions[index]!)
        if (index + 1 === older) rolling.#turn()
      }
    })
    return rolling
  }

  /** Make the newer pairs the older ones, of which there are none left. */
  #turn(): void {
    let after = this.#empty
    this.#older = this.#newer.toReversed().map(pair => {
      const metric = this.#empty.fresh()
      metric.update(pair.y, pair.prediction)
      metric.merge(after)
      after = metric
      return { ...pair, metric }
    })
    this.#newer = []
    this.#newerMetric = this.#empty.fresh()
  }
}

interface Pair {
  readonly y: number
  readonly prediction: number
}

interface OlderPair extends Pair {
  /** Over this pair and all after it in the older part. */
  readonly metric: LifetimeMetric
}

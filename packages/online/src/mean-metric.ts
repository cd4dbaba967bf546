import type { LifetimeMetric } from './metric.ts'
import { RunningMean } from './running-mean.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'

/** What makes one metric of those that follow from the mean of an error of each row. */
export interface MeanMetricDefinition<Options> {
  /** Name of the class and kind of its states. */
  kind: string
  /** All options, at their defaults. */
  options: Options
  /** The error of one row, 0 or more; undefined leaves the row out. Throws unless it is finite. */
  rowError(y: number, prediction: number, options: Options): number | undefined
  /** The metric's value, from the mean error. */
  total(mean: number): number
}

/** A class of metrics. */
export interface MeanMetricClass<Options> {
  new (options?: Partial<Options>): LifetimeMetric
  /** @throws {MillraceError} MILL_STATE_INVALID */
  fromState(source: StateSource): LifetimeMetric
}

/** Makes the class of the metric so defined. */
export function meanMetric<Options extends Record<string, boolean>>(
  definition: MeanMetricDefinition<Options>
): MeanMetricClass<Options> {
  const { kind, options: defaults, rowError, total } = definition

  return class MeanMetric implements LifetimeMetric {
    readonly #options: Options
    #mean = new RunningMean()

    constructor(options: Partial<Options> = {}) {
      this.#options = optionsLike(defaults, name => options[name] ?? defaults[name]!)
    }

    get value(): number {
      return total(this.#mean.value)
    }

    /** How many pairs are counted; without those left out. */
    get count(): number {
      return this.#mean.count
    }

    update(y: number, prediction: number): void {
      const error = rowError(y, prediction, this.#options)
      if (error !== undefined) this.#mean.add(error)
    }

    merge(other: MeanMetric): void {
      this.#mean.merge(other.#mean)
    }

    fresh(): MeanMetric {
      return new MeanMetric(this.#options)
    }

    toState(): Uint8Array {
      return encodeState(kind, 1, { ...this.#options, ...this.#mean.toFields() })
    }

    static fromState(source: StateSource): MeanMetric {
      const state = decodeStateOf(source, kind, 1)
      const metric = new MeanMetric(optionsLike(defaults, name => state.boolean(name)))
      metric.#mean = RunningMean.ofErrors(state)
      return metric
    }
  }
}

/** Options of the same names as `defaults`. */
function optionsLike<Options extends Record<string, boolean>>(
  defaults: Options,
  valueOf: (name: string) => boolean
): Options {
  return Object.fromEntries(Object.keys(defaults).map(name => [name, valueOf(name)])) as Options
}

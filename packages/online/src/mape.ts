import { finite } from '@millrace/common'
import { type LifetimeMetric, residual } from './metric.ts'
import { RunningMean } from './running-mean.ts'
import { decodeStateOf, encodeState } from './state.ts'

const kind = 'Mape'

/** Settings of {@link Mape}. */
export interface MapeOptions {
  /** Leave out rows whose actual is 0. Otherwise they count as rows without error, as in River. */
  skipZeros?: boolean
}

/** Mean absolute percentage error: the error as a percentage of the actual's magnitude. */
export class Mape implements LifetimeMetric {
  readonly #skipZeros: boolean
  #mean = new RunningMean()

  constructor({ skipZeros = false }: MapeOptions = {}) {
    this.#skipZeros = skipZeros
  }

  get value(): number {
    return 100 * this.#mean.value
  }

  /** How many pairs are counted; without those left out. */
  get count(): number {
    return this.#mean.count
  }

  update(y: number, prediction: number): void {
    const error = Math.abs(residual(y, prediction))
    if (y === 0 && this.#skipZeros) return
    const relative = y === 0 ? 0 : error / Math.abs(y)
    finite('percentage error', 100 * relative)
    this.#mean.add(relative)
  }

  merge(other: Mape): void {
    this.#mean.merge(other.#mean)
  }

  fresh(): Mape {
    return new Mape({ skipZeros: this.#skipZeros })
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, { skipZeros: this.#skipZeros, ...this.#mean.toFields() })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(bytes: Uint8Array): Mape {
    const state = decodeStateOf(bytes, kind, 1)
    const metric = new Mape({ skipZeros: state.boolean('skipZeros') })
    metric.#mean = RunningMean.ofErrors(state)
    return metric
  }
}

import { finite } from '@millrace/common'
import { type LifetimeMetric, residual } from './metric.ts'
import { RunningMean } from './running-mean.ts'
import { decodeStateOf, encodeState } from './state.ts'

const kind = 'Smape'

/**
 * Symmetric mean absolute percentage error, 0 to 200: the error as a percentage of the mean magnitude of actual and
 * prediction; 0 where both are 0.
 */
export class Smape implements LifetimeMetric {
  #mean = new RunningMean()

  get value(): number {
    return 100 * this.#mean.value
  }

  get count(): number {
    return this.#mean.count
  }

  update(y: number, prediction: number): void {
    const doubled = finite('error', 2 * Math.abs(residual(y, prediction)))
    const magnitude = finite('magnitude', Math.abs(y) + Math.abs(prediction))
    this.#mean.add(magnitude === 0 ? 0 : doubled / magnitude)
  }

  merge(other: Smape): void {
    this.#mean.merge(other.#mean)
  }

  fresh(): Smape {
    return new Smape()
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, this.#mean.toFields())
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(bytes: Uint8Array): Smape {
    const metric = new Smape()
    metric.#mean = RunningMean.ofErrors(decodeStateOf(bytes, kind, 1))
    return metric
  }
}

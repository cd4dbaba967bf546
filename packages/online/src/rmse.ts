import { finite } from '@millrace/common'
import { type LifetimeMetric, residual } from './metric.ts'
import { RunningMean } from './running-mean.ts'
import { decodeStateOf, encodeState } from './state.ts'

const kind = 'Rmse'

/** Root of the mean squared error, in the target's unit. */
export class Rmse implements LifetimeMetric {
  #mean = new RunningMean()

  get value(): number {
    return Math.sqrt(this.#mean.value)
  }

  get count(): number {
    return this.#mean.count
  }

  update(y: number, prediction: number): void {
    this.#mean.add(finite('squared error', residual(y, prediction) ** 2))
  }

  merge(other: Rmse): void {
    this.#mean.merge(other.#mean)
  }

  fresh(): Rmse {
    return new Rmse()
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, this.#mean.toFields())
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(bytes: Uint8Array): Rmse {
    const metric = new Rmse()
    metric.#mean = RunningMean.ofErrors(decodeStateOf(bytes, kind, 1))
    return metric
  }
}

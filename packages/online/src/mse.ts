import { finite } from '@millrace/common'
import { type LifetimeMetric, residual } from './metric.ts'
import { RunningMean } from './running-mean.ts'
import { decodeStateOf, encodeState } from './state.ts'

const kind = 'Mse'

/** Mean squared error, in the square of the target's unit. */
export class Mse implements LifetimeMetric {
  #mean = new RunningMean()

  get value(): number {
    return this.#mean.value
  }

  get count(): number {
    return this.#mean.count
  }

  update(y: number, prediction: number): void {
    this.#mean.add(finite('squared error', residual(y, prediction) ** 2))
  }

  merge(other: Mse): void {
    this.#mean.merge(other.#mean)
  }

  fresh(): Mse {
    return new Mse()
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, this.#mean.toFields())
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(bytes: Uint8Array): Mse {
    const metric = new Mse()
    metric.#mean = RunningMean.ofErrors(decodeStateOf(bytes, kind, 1))
    return metric
  }
}

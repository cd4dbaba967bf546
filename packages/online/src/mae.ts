import { type LifetimeMetric, residual } from './metric.ts'
import { RunningMean } from './running-mean.ts'
import { decodeStateOf, encodeState } from './state.ts'

const kind = 'Mae'

/** Mean absolute error, in the target's unit. */
export class Mae implements LifetimeMetric {
  #mean = new RunningMean()

  get value(): number {
    return this.#mean.value
  }

  get count(): number {
    return this.#mean.count
  }

  update(y: number, prediction: number): void {
    this.#mean.add(Math.abs(residual(y, prediction)))
  }

  merge(other: Mae): void {
    this.#mean.merge(other.#mean)
  }

  fresh(): Mae {
    return new Mae()
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, this.#mean.toFields())
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(bytes: Uint8Array): Mae {
    const metric = new Mae()
    metric.#mean = RunningMean.ofErrors(decodeStateOf(bytes, kind, 1))
    return metric
  }
}

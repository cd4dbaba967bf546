import { invalid } from './state-errors.ts'
import type { StateFields } from './state-format.ts'
import type { StateReader } from './state-reader.ts'

/** The mean of the numbers added so far; 0 before any. Constant memory, no sum that could lose small numbers. */
export class RunningMean {
  #count = 0
  #mean = 0

  get count(): number {
    return this.#count
  }

  get value(): number {
    return this.#mean
  }

  add(value: number): void {
    this.#count++
    this.#mean += (value - this.#mean) / this.#count
  }

  merge(other: RunningMean): void {
    if (other.#count === 0) return
    this.#count += other.#count
    this.#mean += (other.#mean - this.#mean) * (other.#count / this.#count)
  }

  /** To be stored within another state. */
  toFields(): StateFields {
    return { count: this.#count, mean: this.#mean }
  }

  /** A mean of errors, which are not negative. @throws {MillraceError} MILL_STATE_INVALID */
  static ofErrors(fields: StateReader): RunningMean {
    const restored = new RunningMean()
    restored.#count = fields.count('count')
    restored.#mean = fields.finite('mean')
    if (restored.#mean < 0 || (restored.#count === 0 && restored.#mean !== 0)) throw invalid('a mean error is wrong')
    return restored
  }
}

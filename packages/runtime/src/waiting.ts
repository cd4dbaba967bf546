import type { RunResult } from './runtime-model.ts'
import type { Tensor } from './tensor.ts'

/** A request that waits for the session, or for its answer. */
export interface Waiting {
  /** In the order of the model. */
  readonly inputs: readonly Tensor[]
  /** Indices of the outputs wanted. */
  readonly wanted: readonly number[]
  /** Rows that it adds to a batch; 1 for a model without batches. */
  readonly rows: number
  /** `performance.now()` after which nobody waits; infinite when it was not said. */
  readonly deadline: number
  /** Lower numbers run first. */
  readonly priority: number
  readonly arrivedAt: number
  /** It runs with no other: its rows cannot be counted, or a batch failed that it was in. */
  isAlone: boolean
  /** It was answered, if only with an error. */
  isSettled: boolean
  resolve(result: RunResult): void
  reject(error: unknown): void
}

/** Whether two requests may share a run. */
export function areAlike(one: Waiting, other: Waiting): boolean {
  return (
    sameNumbers(one.wanted, other.wanted) && one.inputs.every((input, index) => sameRows(input, other.inputs[index]!))
  )
}

function sameNumbers(one: readonly number[], other: readonly number[]): boolean {
  return one === other || (one.length === other.length && one.every((value, index) => value === other[index]))
}

/** Whether the rows of two tensors have the same shape. */
function sameRows({ shape }: Tensor, other: Tensor): boolean {
  for (let index = 1; index < shape.length; index++) if (shape[index] !== other.shape[index]) return false
  return true
}

/** Answer with an error, unless there was an answer before. */
export function fail(waiting: Waiting, error: unknown): void {
  if (waiting.isSettled) return
  waiting.isSettled = true
  waiting.reject(error)
}

import type { RunTiming, RuntimeCounts } from './runtime-model.ts'

/** Sizes above are counted with the next power of two: callers could send any. */
const largestExact = 128

const sizeClass = (rows: number): number => (rows <= largestExact ? rows : 2 ** Math.ceil(Math.log2(rows)))

type BatchCount = { -readonly [Key in keyof RuntimeCounts['batches'][number]]: number }

/** Counts what a model does, by the size of its batches. */
export class RunCounts {
  readonly #batches = new Map<number, BatchCount>()
  #inferences = 0
  #executions = 0

  /** A run of the session succeeded. */
  record(rows: number, { inputNs, inferNs, outputNs }: RunTiming): void {
    this.#inferences += rows
    this.#executions += 1
    const batch = this.#batchOf(sizeClass(rows))
    batch.count += 1
    batch.inputNs += inputNs
    batch.inferNs += inferNs
    batch.outputNs += outputNs
  }

  /** @param pending requests that wait or run */
  summary(pending: number): RuntimeCounts {
    const batches = [...this.#batches.values()].toSorted((one, other) => one.rows - other.rows)
    return {
      inferences: this.#inferences,
      executions: this.#executions,
      pending,
      batches: batches.map(batch => ({ ...batch }))
    }
  }

  #batchOf(rows: number): BatchCount {
    const found = this.#batches.get(rows)
    if (found !== undefined) return found
    const batch = { rows, count: 0, inputNs: 0, inferNs: 0, outputNs: 0 }
    this.#batches.set(rows, batch)
    return batch
  }
}

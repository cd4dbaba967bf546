import type { RunResult, RuntimeCounts } from '@millrace/runtime'

type Batch = { -readonly [Key in keyof RuntimeCounts['batches'][number]]: number }

/** Up to so many rows each size is counted by itself; beyond that, sizes up to the next power of two together. */
const largestExact = 64

/** Counts the runs of one version. */
export class RunCounter {
  #inferences = 0
  #executions = 0
  #pending = 0
  readonly #batches = new Map<number, Batch>()

  /** A request has come. */
  began(): void {
    this.#pending++
  }

  /** It was answered, or failed. */
  ended(): void {
    this.#pending--
  }

  ran({ batchRows, timing }: RunResult): void {
    this.#inferences += batchRows
    this.#executions++
    const rows = batchRows <= largestExact ? batchRows : 2 ** Math.ceil(Math.log2(batchRows))
    const batch = this.#batches.get(rows) ?? { rows, count: 0, inputNs: 0, inferNs: 0, outputNs: 0 }
    batch.count++
    batch.inputNs += timing.inputNs
    batch.inferNs += timing.inferNs
    batch.outputNs += timing.outputNs
    this.#batches.set(rows, batch)
  }

  counts(): RuntimeCounts {
    const batches = [...this.#batches.values()].toSorted((one, other) => one.rows - other.rows)
    return {
      inferences: this.#inferences,
      executions: this.#executions,
      pending: this.#pending,
      batches: batches.map(batch => ({ ...batch }))
    }
  }
}

import { MillraceError } from '@millrace/common'
import { rowsOf } from './batch-rows.ts'
import { reasonOf } from './load-errors.ts'
import type { RunCounts } from './run-counts.ts'
import type { NamedTensor, Tensor, TensorSpec } from './tensor.ts'
import { fail, type Waiting } from './waiting.ts'

/** What is needed to answer the requests of a model. */
export interface AnswerOptions {
  /** Model and version, for messages. */
  readonly label: string
  readonly outputs: readonly TensorSpec[]
  readonly counts: RunCounts
}

/** A run of the session that succeeded. All times by `performance.now()`. */
export interface FinishedRun {
  readonly batch: readonly Waiting[]
  /** Those wanted, with the rows of all requests of the batch below each other. */
  readonly outputs: readonly Tensor[]
  /** When inputs began to be put together. */
  readonly startedAt: number
  readonly inputNs: number
  readonly inferNs: number
}

/** Rows of all requests of a batch. */
function rowsIn(batch: readonly Waiting[]): number {
  let rows = 0
  for (const waiting of batch) rows += waiting.rows
  return rows
}

/**
 * Give each request its rows of the outputs.
 * @throws {Error} when the outputs have other rows than the batch; no request is answered then
 */
export function answerAll(run: FinishedRun, { label, outputs: specs, counts }: AnswerOptions): void {
  const { batch, startedAt, inputNs, inferNs } = run
  const takenApartAt = performance.now()
  const parts = takeApart(run, specs)
  const answeredAt = performance.now()
  const outputNs = (answeredAt - takenApartAt) * 1e6
  const batchRows = rowsIn(batch)
  for (const [index, waiting] of batch.entries()) {
    if (waiting.isSettled) continue
    if (waiting.deadline < answeredAt) {
      fail(waiting, deadlineError(label))
      continue
    }
    waiting.isSettled = true
    const queueNs = (startedAt - waiting.arrivedAt) * 1e6
    waiting.resolve({ outputs: parts[index]!, batchRows, timing: { queueNs, inputNs, inferNs, outputNs } })
  }
  counts.record(batchRows, { queueNs: 0, inputNs, inferNs, outputNs })
}

function takeApart({ batch, outputs }: FinishedRun, specs: readonly TensorSpec[]): NamedTensor[][] {
  const { wanted } = batch[0]!
  const named = ({ datatype, shape, data }: Tensor, index: number): NamedTensor => ({
    name: specs[wanted[index]!]!.name,
    datatype,
    shape,
    data
  })
  if (batch.length === 1) return [outputs.map(named)]
  const rows = rowsIn(batch)
  if (outputs.some(({ shape }) => shape[0] !== rows)) throw new Error('the outputs have other rows than the inputs')
  let start = 0
  return batch.map(waiting => {
    const own = outputs.map((output, index) => named(rowsOf(output, start, waiting.rows), index))
    start += waiting.rows
    return own
  })
}

/** The error of a request that nobody waits for any more. */
export const deadlineError = (label: string): MillraceError =>
  new MillraceError('MILL_DEADLINE_EXCEEDED', `deadline exceeded for model '${label}'`)

/** The error of a request whose inputs made the session fail. */
export const runError = (label: string, error: unknown): MillraceError =>
  new MillraceError('MILL_RUN_FAILED', `model '${label}' failed to run: ${reasonOf(error)}`, { cause: error })

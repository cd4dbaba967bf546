import { MillraceError } from '@millrace/common'
import type { Features } from '@millrace/online'
import type { RunResult } from '@millrace/runtime'
import type { VersionRequest } from '../served-version.ts'
import { featureRows, type FeatureRows, invalid, isMatrix } from './feature-rows.ts'
import { RunCounter } from './run-counter.ts'
import { Turns } from './turns.ts'

/** How long predicting may keep the thread from everything else, in milliseconds. */
const longestTurnMs = 1
/** How many rows are predicted between two looks at the clock. */
const rowsBetweenLooks = 4

/** Name of the one output of a learner. */
export const predictionName = 'prediction'

/** The part of a learner that predicts. */
export interface Predictor {
  /** Model and version, for messages. */
  readonly label: string
  /** @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE */
  predict(x: Features): number
  /** The features seen so far. */
  featureNames(): readonly string[]
}

/**
 * Answers requests by a learner: at once where that takes a moment, otherwise in turns, so that a large batch keeps
 * nobody waiting. Each row is predicted by the learner as it is then: one that learns may do so between two rows.
 */
export class LearnerRunner {
  readonly #predictor: Predictor
  readonly #turns = new Turns()
  readonly #counter = new RunCounter()
  readonly #now: () => number
  #knowsColumns = false

  /** @param now milliseconds that never go back, as deadlines are told in */
  constructor(predictor: Predictor, now: () => number = () => performance.now()) {
    this.#predictor = predictor
    this.#now = now
  }

  counts(): ReturnType<RunCounter['counts']> {
    return this.#counter.counts()
  }

  /**
   * @throws {MillraceError} MILL_INPUT_INVALID, MILL_VALUE_NOT_FINITE, MILL_VALUE_OUT_OF_RANGE or
   *   MILL_DEADLINE_EXCEEDED
   */
  async run(request: VersionRequest): Promise<RunResult> {
    this.#counter.began()
    try {
      const result = await this.#run(request)
      this.#counter.ran(result)
      return result
    } finally {
      this.#counter.ended()
    }
  }

  async #run(request: VersionRequest): Promise<RunResult> {
    const begin = this.#now()
    const { inputs, outputs = [predictionName], featureNames, deadline = Infinity } = request
    const unknown = outputs.find(name => name !== predictionName)
    if (unknown !== undefined) throw invalid(`unexpected inference output '${unknown}': there is '${predictionName}'`)
    if (isMatrix(inputs) && featureNames === undefined) this.#checkColumns()
    const rows = featureRows(inputs, featureNames)
    const inputMs = this.#now() - begin
    const { predictions, busyMs } = await this.#predictAll(rows, deadline)
    const waitedMs = this.#now() - begin - inputMs - busyMs
    const output = { name: predictionName, datatype: 'FP64', shape: [rows.count], data: predictions } as const
    return {
      outputs: outputs.map(() => output),
      batchRows: rows.count,
      timing: { queueNs: ns(waitedMs), inputNs: ns(inputMs), inferNs: ns(busyMs), outputNs: 0 }
    }
  }

  async #predictAll(rows: FeatureRows, deadline: number): Promise<{ predictions: Float64Array; busyMs: number }> {
    const predictions = new Float64Array(rows.count)
    let busyMs = 0
    // A single row is not worth waiting behind others.
    if (this.#turns.isBusy && rows.count > 1) await this.#turns.next()
    for (let next = 0; next < rows.count;) {
      if (next > 0) await this.#turns.next()
      const begin = this.#now()
      if (begin >= deadline) throw tooLate(this.#predictor.label)
      next = this.#predictFrom(next, rows, predictions, begin + longestTurnMs)
      busyMs += this.#now() - begin
    }
    return { predictions, busyMs }
  }

  /** @returns the first row that is not predicted yet */
  #predictFrom(first: number, rows: FeatureRows, predictions: Float64Array, end: number): number {
    let row = first
    try {
      for (; row < rows.count; row++) {
        const isLook = (row - first) % rowsBetweenLooks === 0 && row > first
        if (isLook && this.#now() >= end) return row
        predictions[row] = this.#predictor.predict(rows.read(row))
      }
      return row
    } catch (error) {
      throw rows.count > 1 ? inRow(row, error) : error
    }
  }

  /** Columns without names are taken for `in_1` and so on: refuse where the learner has seen features, and none such. */
  #checkColumns(): void {
    if (this.#knowsColumns) return
    const known = this.#predictor.featureNames()
    this.#knowsColumns = known.includes('in_1')
    if (this.#knowsColumns || known.length === 0) return
    throw invalid(`${this.#predictor.label} knows no feature in_1: name the columns by the parameter feature_names`)
  }
}

function inRow(row: number, error: unknown): unknown {
  if (!(error instanceof MillraceError)) return error
  const details = { ...error.details, row }
  return new MillraceError(error.code, `row ${row}: ${error.message}`, { cause: error, details })
}

function tooLate(label: string): MillraceError {
  return new MillraceError('MILL_DEADLINE_EXCEEDED', `${label} did not answer in the time that the request had`)
}

function ns(ms: number): number {
  return Math.max(0, Math.round(ms * 1e6))
}

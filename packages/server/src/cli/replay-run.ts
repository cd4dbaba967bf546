import { MillraceError } from '@millrace/common'
import type { ProgressiveValidation, Replay, ReplayRow } from '@millrace/engine'
import type { CommandClock } from './command-process.ts'
import { untilAborted } from './until-aborted.ts'

/** How a file is run through a progressive validation. */
export interface ReplayRun {
  replay: Pick<Replay, 'file' | 'rows'>
  validation: Pick<ProgressiveValidation, 'step'>
  clock: CommandClock
  /** Stops the run between two rows. */
  signal: AbortSignal
  limit: number
  rowsPerSecond: number | undefined
  /** Gets every row with its predictions. Both are used again for the next row. */
  onRow(row: ReplayRow, predictions: readonly (number | undefined)[]): Promise<void> | undefined
  /** Called every so often, and while there is nothing to do: rows that are not due, or do not come. */
  onPause(): Promise<void> | undefined
}

const longestTurnMs = 40
const rowsBetweenLooks = 16

/** How long a source may keep silent before it is a pause. */
const longestSilenceMs = 200

/**
 * Predict, score and learn the rows of a replay. At full speed the event loop still gets its turn many times a second.
 * With `rowsPerSecond`, row n is due n / rate seconds after the first, however long the rows before it took.
 * @returns whether all rows, or `limit` of them, went through
 * @throws {MillraceError} MILL_DATA_INVALID for bad cells, and for rows that a model refuses
 */
export async function runReplay(run: ReplayRun): Promise<boolean> {
  const silence = setInterval(() => void run.onPause(), longestSilenceMs)
  try {
    return await runRows(run)
  } finally {
    clearInterval(silence)
  }
}

async function runRows(run: ReplayRun): Promise<boolean> {
  const { clock, signal, rowsPerSecond } = run
  const predictions: (number | undefined)[] = []
  const startedAt = clock.now()
  let turnEndedAt = startedAt
  let rows = 0
  for await (const row of untilAborted(run.replay.rows, signal)) {
    if (rowsPerSecond !== undefined) {
      const dueInMs = startedAt + (rows * 1000) / rowsPerSecond - clock.now()
      if (dueInMs > 0) {
        await run.onPause()
        await clock.wait(dueInMs, signal)
      }
    }
    if (signal.aborted) return false
    learn(run, row, predictions)
    const slowDown = run.onRow(row, predictions)
    if (slowDown !== undefined) await slowDown
    rows++
    if (rows >= run.limit) return true
    if (rows % rowsBetweenLooks === 0 && clock.now() - turnEndedAt > longestTurnMs) {
      await run.onPause()
      await clock.turn()
      turnEndedAt = clock.now()
    }
  }
  return !signal.aborted
}

function learn({ validation, replay }: ReplayRun, row: ReplayRow, predictions: (number | undefined)[]): void {
  try {
    validation.step(row.features, row.target, predictions)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    const { line } = row
    const message = `${replay.file} line ${line}: ${error.message}`
    throw new MillraceError('MILL_DATA_INVALID', message, { cause: error, details: { file: replay.file, line } })
  }
}

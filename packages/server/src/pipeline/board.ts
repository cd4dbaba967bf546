import type { ModelMetrics, StepDone } from '@millrace/engine'
import { keptErrors, type LiveRow, type LiveState } from '../terminal/live-table.ts'
import { type BaselineOutcome, createBaselines } from './baselines.ts'
import type { LocalObservation } from './local-ports.ts'

/** What the live table shows beside the outcome of the steps. */
export type BoardSetup = Pick<LiveState, 'version' | 'addresses' | 'intervalSeconds' | 'resetUrl'> & {
  /** Names of the models, in the order of the rows. */
  models: readonly string[]
}

/** Follows the steps of the pipeline and knows what the live table has to show. */
export interface Board {
  readonly state: LiveState
  /** A step was taken. */
  stepped(step: StepDone<LocalObservation, ModelMetrics>): void
  /** The stream has nothing more to give. */
  exhausted(): void
}

/** Monthly data; the seasonal baseline predicts the value of the same month a year ago. */
const season = 12

export function createBoard({ models, ...setup }: BoardSetup): Board {
  const baselines = createBaselines({ season })
  const state: LiveState = {
    ...setup,
    position: undefined,
    isExhausted: false,
    rows: [...models.map(name => emptyRow(name, false)), ...baselines.names.map(name => emptyRow(name, true))]
  }
  return {
    state,
    stepped({ observation, target, models: outcomes }) {
      const { observationId: number, remaining, input } = observation
      state.position = { number, total: number + remaining, input }
      state.isExhausted = false
      const all: BaselineOutcome[] = [...outcomes, ...baselines.step(target)]
      state.rows = state.rows.map((row, index) => nextRow(row, all[index]!, target))
    },
    exhausted() {
      state.isExhausted = true
    }
  }
}

function emptyRow(name: string, isBaseline: boolean): LiveRow {
  return { name, isBaseline, prediction: undefined, actual: undefined, metrics: undefined, recentErrors: [] }
}

function nextRow(row: LiveRow, { prediction, metrics }: BaselineOutcome, actual: number): LiveRow {
  const error = prediction === undefined ? undefined : Math.abs(actual - prediction)
  return {
    ...row,
    prediction,
    actual,
    metrics: metrics ?? row.metrics,
    recentErrors: [...row.recentErrors, error].slice(-keptErrors)
  }
}

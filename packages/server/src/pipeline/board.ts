import type { ModelMetrics, OnlineModel, StepDone } from '@millrace/engine'
import type { LiveRow } from '../terminal/live-columns.ts'
import { keptErrors, type LiveState } from '../terminal/live-table.ts'
import { type BaselineOutcome, createBaselines } from './baselines.ts'
import type { LocalObservation } from './local-ports.ts'

/** A model that the live table follows. */
export interface BoardModel {
  /** As its row is called. */
  name: string
  model: Pick<OnlineModel, 'metrics'>
  /** Whether the row stays away until the model has learned something. */
  isHiddenUntilUsed?: boolean
}

/** What the live table shows beside what the models do. */
export type BoardSetup = Pick<LiveState, 'version' | 'addresses' | 'intervalSeconds' | 'resetUrl'> & {
  /** In the order of the rows. */
  models: readonly BoardModel[]
}

/** Follows the pipeline and the models and knows what the live table has to show. */
export interface Board {
  readonly state: LiveState
  /** A step was taken. */
  stepped(step: StepDone<LocalObservation, ModelMetrics>): void
  /** The stream has nothing more to give. */
  exhausted(): void
  /**
   * Look what the models have learned meanwhile, since requests teach them too.
   * @returns whether there is anything new to show
   */
  refresh(): boolean
}

/** Monthly data; the seasonal baseline predicts the value of the same month a year ago. */
const season = 12

export function createBoard({ models, ...setup }: BoardSetup): Board {
  const baselines = createBaselines({ season })
  // Baselines follow the steps: what requests teach the models has no order that they could follow.
  const baselineNames = setup.intervalSeconds === 0 ? [] : baselines.names
  let modelRows = models.map(({ name }) => emptyRow(name, false))
  let baselineRows = baselineNames.map(name => emptyRow(name, true))
  let position: LiveState['position']
  let isExhausted = false
  return {
    get state() {
      const shown = modelRows.filter(({ count }, index) => count > 0 || models[index]!.isHiddenUntilUsed !== true)
      return { ...setup, position, isExhausted, rows: [...shown, ...baselineRows] }
    },
    stepped({ observation, target, models: outcomes }) {
      const { observationId: number, remaining, input } = observation
      position = { number, total: number + remaining, input }
      isExhausted = false
      modelRows = modelRows.map(row => {
        const outcome = outcomes.find(({ label }) => label === row.name)
        if (outcome === undefined) return row
        return outcome.metrics === undefined ? failedRow(row, target) : learnedRow(row, outcome.metrics)
      })
      const predicted = baselines.step(target)
      baselineRows = baselineRows.map((row, index) => baselineRow(row, predicted[index]!, target))
    },
    exhausted() {
      isExhausted = true
    },
    refresh() {
      const before = modelRows
      modelRows = modelRows.map((row, index) => learnedRow(row, models[index]!.model.metrics()))
      return modelRows.some((row, index) => row !== before[index])
    }
  }
}

function emptyRow(name: string, isBaseline: boolean): LiveRow {
  return { name, isBaseline, count: 0, prediction: undefined, actual: undefined, metrics: undefined, recentErrors: [] }
}

/** The same row when the model has learned nothing new; of several new predictions only the last one is known. */
function learnedRow(row: LiveRow, metrics: ModelMetrics): LiveRow {
  if (metrics.count === row.count) return row
  const { count, lastPrediction, lastActual, lastError } = metrics
  return { ...withError(row, lastError), count, prediction: lastPrediction, actual: lastActual, metrics }
}

function failedRow(row: LiveRow, actual: number): LiveRow {
  return { ...withError(row, undefined), prediction: undefined, actual }
}

function baselineRow(row: LiveRow, { prediction, metrics }: BaselineOutcome, actual: number): LiveRow {
  const error = prediction === undefined ? undefined : Math.abs(actual - prediction)
  return { ...withError(row, error), count: metrics?.count ?? 0, prediction, actual, metrics }
}

function withError(row: LiveRow, error: number | undefined): LiveRow {
  return { ...row, recentErrors: [...row.recentErrors, error].slice(-keptErrors) }
}

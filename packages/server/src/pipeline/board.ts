import type { ModelMetrics, ServedLearner, StepDone, StreamedObservation } from '@millrace/engine'
import type { LiveRow } from '../terminal/live-columns.ts'
import { keptErrors, type LiveState } from '../terminal/live-table.ts'
import { type BaselineOutcome, createBaselines } from './baselines.ts'

/** A model that the live table follows. */
export interface BoardModel {
  /** As its row is called. */
  name: string
  model: Pick<ServedLearner, 'metrics'>
  /** Whether the row stays away until the model has learned something. */
  isHiddenUntilUsed?: boolean
}

/** What the live table shows beside what the models do. */
export type BoardSetup = Pick<LiveState, 'version' | 'addresses' | 'intervalSeconds' | 'isReader' | 'resetUrl'> & {
  /** In the order of the rows. */
  models: readonly BoardModel[]
}

/** Follows the pipeline and the models and knows what the live table has to show. */
export interface Board {
  readonly state: LiveState
  /** A step was taken, perhaps once more with the same observation. */
  stepped(step: StepDone<StreamedObservation, ModelMetrics>): void
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
  const isResumed = models.some(({ model }) => model.metrics().count > 0)
  let position: LiveState['position']
  let waitingFor: string[] = []
  let isExhausted = false
  let newestId: string | undefined
  // Which models have a gap among their errors for the newest observation.
  let failed = new Set<string>()

  const caughtUp = (row: LiveRow, metrics: ModelMetrics): LiveRow => {
    if (metrics.count === row.count) return row
    return learnedRow(failed.delete(row.name) ? withoutGap(row) : row, metrics)
  }
  const leftBehind = (row: LiveRow, actual: number): LiveRow => {
    if (failed.has(row.name)) return row
    failed.add(row.name)
    return failedRow(row, actual)
  }

  return {
    get state() {
      const shown = modelRows.filter(({ count }, index) => count > 0 || models[index]!.isHiddenUntilUsed !== true)
      return { ...setup, position, waitingFor, isExhausted, isResumed, rows: [...shown, ...baselineRows] }
    },
    stepped({ observation, id, isCommitted, features, target, availableLags, models: outcomes }) {
      const { observationId: number, remaining, input } = observation
      position = { number, total: number + remaining, input }
      waitingFor = isCommitted ? [] : outcomes.filter(each => each.prediction === undefined).map(each => each.label)
      isExhausted = false
      const isNew = id !== newestId
      // What came before this process began, as far as the lags go back.
      if (newestId === undefined) baselines.recall(Object.values(features).slice(0, availableLags).toReversed())
      newestId = id
      if (isNew) failed = new Set()
      modelRows = modelRows.map(row => {
        const outcome = outcomes.find(({ label }) => label === row.name)
        if (outcome === undefined) return row
        return outcome.metrics === undefined ? leftBehind(row, target) : caughtUp(row, outcome.metrics)
      })
      if (!isNew) return
      const predicted = baselines.step(target)
      baselineRows = baselineRows.map((row, index) => baselineRow(row, predicted[index]!, target))
    },
    exhausted() {
      isExhausted = true
    },
    refresh() {
      const before = modelRows
      modelRows = modelRows.map((row, index) => caughtUp(row, models[index]!.model.metrics()))
      return modelRows.some((row, index) => row !== before[index])
    }
  }
}

function emptyRow(name: string, isBaseline: boolean): LiveRow {
  return { name, isBaseline, count: 0, prediction: undefined, actual: undefined, metrics: undefined, recentErrors: [] }
}

/** Of several new predictions only the last one is known. */
function learnedRow(row: LiveRow, metrics: ModelMetrics): LiveRow {
  const { count, lastPrediction, lastActual, lastError } = metrics
  return { ...withError(row, lastError), count, prediction: lastPrediction, actual: lastActual, metrics }
}

function failedRow(row: LiveRow, actual: number): LiveRow {
  return { ...withError(row, undefined), prediction: undefined, actual }
}

/** Without the gap that the newest observation left when the model failed. */
function withoutGap(row: LiveRow): LiveRow {
  return { ...row, recentErrors: row.recentErrors.slice(0, -1) }
}

function baselineRow(row: LiveRow, { prediction, metrics }: BaselineOutcome, actual: number): LiveRow {
  const error = prediction === undefined ? undefined : Math.abs(actual - prediction)
  return { ...withError(row, error), count: metrics?.count ?? 0, prediction, actual, metrics }
}

function withError(row: LiveRow, error: number | undefined): LiveRow {
  return { ...row, recentErrors: [...row.recentErrors, error].slice(-keptErrors) }
}

import type { Standing } from '@millrace/engine'
import { formatDuration } from '../terminal/number-format.ts'
import {
  bestOf,
  comparedRows,
  count,
  errorDifference,
  incompleteNote,
  type Scored,
  scoreOf,
  standingJson,
  standingsTable
} from './replay-standings.ts'
import type { ReplayTelling } from './replay-views.ts'

/** What a replay came to. */
export interface ReplayOutcome {
  file: string
  rows: number
  target: string
  /** The columns used to predict it, besides its lags. */
  features: readonly string[]
  /** The columns not used at all. */
  ignored: readonly string[]
  lags: number
  seed: number
  /** False when somebody stopped it. */
  isComplete: boolean
  elapsedMs: number
  standings: readonly Standing[]
  /** The first row that all were scored on. */
  comparableFrom: number | undefined
}

/** How the replay of a file is told. */
export const replayTelling: ReplayTelling<ReplayOutcome> = {
  heads: ['row', 'label'],
  report: (outcome, hasColour) => [
    ...introduction(outcome),
    '',
    ...standingsTable(outcome.standings, bestModel(outcome), hasColour),
    '',
    ...verdict(outcome),
    ...incompleteNote(outcome)
  ],
  json: replayJson,
  shown: outcome => bestModel(outcome) ?? bestBaseline(outcome)
}

function introduction({ target, features, ignored, lags, rows, elapsedMs }: ReplayOutcome): string[] {
  const sources = [
    ...(features.length > 0 ? [count(features.length, 'feature')] : []),
    ...(lags > 0 ? [count(lags, 'lag')] : [])
  ]
  const from = sources.length === 0 ? 'nothing but its mean' : sources.join(' and ')
  return [
    `${target} predicted from ${from}: ${count(rows, 'row')} in ${formatDuration(elapsedMs)}`,
    ...(ignored.length > 0 ? [`Not numeric, left out: ${ignored.join(', ')}`] : [])
  ]
}

function bestModel({ standings }: ReplayOutcome): Scored | undefined {
  return bestOf(standings.filter(({ isBaseline }) => !isBaseline))
}

function bestBaseline({ standings }: ReplayOutcome): Scored | undefined {
  return bestOf(standings.filter(({ isBaseline }) => isBaseline))
}

/** Does a model beat the best baseline, over the rows that both were scored on? In one to three lines. */
function verdict(outcome: ReplayOutcome): string[] {
  const model = bestModel(outcome)
  const baseline = bestBaseline(outcome)
  if (model === undefined)
    return [baseline === undefined ? 'No row was scored.' : `Best baseline: ${scoreOf(baseline)}.`]
  if (baseline === undefined) return [`Best model: ${scoreOf(model)}; no baseline took part.`]
  const difference = errorDifference(model.comparableMae, baseline.comparableMae)
  const lines =
    model.comparableMae < baseline.comparableMae
      ? [`${scoreOf(model)} wins.`, `It has ${difference} than the best baseline, ${scoreOf(baseline)}.`]
      : [`No model beats the baseline ${scoreOf(baseline)}.`, `The best model, ${scoreOf(model)}, has ${difference}.`]
  return [...comparedRows(outcome.comparableFrom, outcome.rows), ...lines]
}

/** The outcome for machines: one JSON document, null where a measure does not exist. */
function replayJson(outcome: ReplayOutcome): string {
  const { file, rows, target, lags, seed, isComplete, standings, comparableFrom } = outcome
  return JSON.stringify(
    {
      file,
      rows,
      target,
      lags,
      seed,
      ...(isComplete ? {} : { incomplete: true }),
      comparableFrom: comparableFrom ?? null,
      models: standings.map(standingJson)
    },
    null,
    2
  )
}

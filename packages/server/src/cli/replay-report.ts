import type { Standing } from '@millrace/engine'
import { formatCount, formatDuration, formatMeasure } from '../terminal/number-format.ts'
import { type Column, formatTable } from '../terminal/table.ts'

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

const columns: readonly Column[] = [
  { header: 'model', align: 'left' },
  { header: 'scored', align: 'right' },
  { header: 'MAE', align: 'right' },
  { header: 'RMSE', align: 'right' },
  { header: 'MAPE %', align: 'right' },
  { header: 'R2', align: 'right' },
  { header: 'µs/row', align: 'right' }
]

/** The standings, best MAE first, and what they come to, as lines of text. */
export function replayReport(outcome: ReplayOutcome, hasColour: boolean): string[] {
  const ranked = byMae(outcome.standings)
  const table = formatTable(columns, ranked.map(tableRow))
  const best = bestOf(outcome.standings, false)
  // The table's first two lines are the header and the rule.
  const lines = table.map((line, index) => (hasColour ? coloured(line, ranked[index - 2], best) : line))
  return [
    ...introduction(outcome),
    '',
    ...lines,
    ...(ranked.some(({ isBaseline }) => isBaseline) ? ['* baseline: a rule that does not learn'] : []),
    '',
    ...verdict(outcome),
    ...(outcome.isComplete ? [] : [incompleteNote(outcome.rows)])
  ]
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

function count(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? '' : 's'}`
}

function tableRow(standing: Standing): string[] {
  return [
    standing.isBaseline ? `${standing.name} *` : standing.name,
    formatCount(standing.scored),
    formatMeasure(standing.mae),
    formatMeasure(standing.rmse),
    formatMeasure(standing.mape),
    formatMeasure(standing.r2),
    standing.microsecondsPerRow === undefined ? '-' : standing.microsecondsPerRow.toFixed(2)
  ]
}

function coloured(line: string, standing: Standing | undefined, best: Standing | undefined): string {
  if (standing === undefined) return line
  if (standing === best) return `\u001b[1m${line}\u001b[22m`
  return standing.isBaseline ? `\u001b[2m${line}\u001b[22m` : line
}

/** Best MAE first; who has none comes last. */
function byMae(standings: readonly Standing[]): Standing[] {
  return standings.toSorted((a, b) => (a.mae ?? Number.MAX_VALUE) - (b.mae ?? Number.MAX_VALUE))
}

/** A standing with at least one row. */
type Scored = Standing & { comparableMae: number }

/** The model, or the baseline, with the lowest MAE over the rows that all were scored on. */
export function bestOf(standings: readonly Standing[], isBaseline: boolean): Scored | undefined {
  return standings
    .filter((standing): standing is Scored => standing.comparableMae !== undefined)
    .filter(standing => standing.isBaseline === isBaseline)
    .toSorted((a, b) => a.comparableMae - b.comparableMae)[0]
}

/** Does a model beat the best baseline, over the rows that both were scored on? In one to three lines. */
function verdict({ standings, rows, comparableFrom }: ReplayOutcome): string[] {
  const model = bestOf(standings, false)
  const baseline = bestOf(standings, true)
  if (model === undefined)
    return [baseline === undefined ? 'No row was scored.' : `Best baseline: ${scoreOf(baseline)}.`]
  if (baseline === undefined) return [`Best model: ${scoreOf(model)}; no baseline took part.`]
  const difference = errorDifference(model.comparableMae, baseline.comparableMae)
  const lines =
    model.comparableMae < baseline.comparableMae
      ? [`${scoreOf(model)} wins.`, `It has ${difference} than the best baseline, ${scoreOf(baseline)}.`]
      : [`No model beats the baseline ${scoreOf(baseline)}.`, `The best model, ${scoreOf(model)}, has ${difference}.`]
  return comparableFrom === undefined || comparableFrom === 1 ? lines : [comparedRows(comparableFrom, rows), ...lines]
}

function comparedRows(from: number, to: number): string {
  const which = from === to ? `row ${formatCount(to)}` : `rows ${formatCount(from)} to ${formatCount(to)}`
  return `Compared over ${which}, which all were scored on:`
}

function scoreOf({ name, comparableMae }: Scored): string {
  return `${name} (MAE ${formatMeasure(comparableMae)})`
}

function errorDifference(mae: number, baseline: number): string {
  if (mae === baseline) return 'the same error'
  if (baseline === 0) return 'more error'
  const percent = Math.abs(mae / baseline - 1) * 100
  return `${percent >= 1000 ? formatCount(percent) : percent.toFixed(1)} % ${mae < baseline ? 'less' : 'more'} error`
}

/** Says that the scores are those of a part of the file. */
function incompleteNote(rows: number): string {
  return `Incomplete: stopped after ${count(rows, 'row')}.`
}

/** The outcome for machines: one JSON document, null where a measure does not exist. */
export function replayJson(outcome: ReplayOutcome): string {
  const { file, rows, target, lags, seed, isComplete, standings, comparableFrom } = outcome
  const models = standings.map(standing => ({
    name: standing.name,
    baseline: standing.isBaseline,
    scored: standing.scored,
    mae: standing.mae ?? null,
    comparableMae: standing.comparableMae ?? null,
    rmse: standing.rmse ?? null,
    mape: standing.mape ?? null,
    smape: standing.smape ?? null,
    r2: standing.r2 ?? null,
    microsecondsPerRow: standing.microsecondsPerRow ?? null
  }))
  return JSON.stringify(
    {
      file,
      rows,
      target,
      lags,
      seed,
      ...(isComplete ? {} : { incomplete: true }),
      comparableFrom: comparableFrom ?? null,
      models
    },
    null,
    2
  )
}

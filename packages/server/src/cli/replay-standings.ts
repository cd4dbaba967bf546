import type { Standing } from '@millrace/engine'
import { formatCount, formatMeasure } from '../terminal/number-format.ts'
import { type Column, formatTable } from '../terminal/table.ts'

const columns: readonly Column[] = [
  { header: 'model', align: 'left' },
  { header: 'scored', align: 'right' },
  { header: 'MAE', align: 'right' },
  { header: 'RMSE', align: 'right' },
  { header: 'MAPE %', align: 'right' },
  { header: 'R2', align: 'right' },
  { header: 'µs/row', align: 'right' }
]

/** The standings as a table, best MAE first. @param best is set off, where there is colour */
export function standingsTable(
  standings: readonly Standing[],
  best: Standing | undefined,
  hasColour: boolean
): string[] {
  const ranked = byMae(standings)
  const table = formatTable(columns, ranked.map(tableRow))
  return [
    // The table's first two lines are the header and the rule.
    ...table.map((line, index) => (hasColour ? coloured(line, ranked[index - 2], best) : line)),
    ...(ranked.some(({ isBaseline }) => isBaseline) ? ['* baseline: a rule that does not learn'] : [])
  ]
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
export type Scored = Standing & { comparableMae: number }

/** The one with the lowest MAE over the rows that all were scored on; of equals the first. */
export function bestOf(standings: readonly Standing[]): Scored | undefined {
  return standings
    .filter((standing): standing is Scored => standing.comparableMae !== undefined)
    .toSorted((a, b) => a.comparableMae - b.comparableMae)[0]
}

/** A standing in a sentence. */
export function scoreOf({ name, comparableMae }: Scored): string {
  return `${name} (MAE ${formatMeasure(comparableMae)})`
}

/** How one MAE compares with another: `4.2 % less error`. */
export function errorDifference(mae: number, other: number): string {
  if (mae === other) return 'the same error'
  if (other === 0) return 'more error'
  const percent = Math.abs(mae / other - 1) * 100
  return `${percent >= 1000 ? formatCount(percent) : percent.toFixed(1)} % ${mae < other ? 'less' : 'more'} error`
}

/** Says over which rows a verdict is; nothing when it is over all. */
export function comparedRows(from: number | undefined, to: number): string[] {
  if (from === undefined || from === 1) return []
  const which = from === to ? `row ${formatCount(to)}` : `rows ${formatCount(from)} to ${formatCount(to)}`
  return [`Compared over ${which}, which all were scored on:`]
}

/** Says that the scores are those of a part; nothing when they are not. */
export function incompleteNote({ isComplete, rows }: { isComplete: boolean; rows: number }): string[] {
  return isComplete ? [] : [`Incomplete: stopped after ${count(rows, 'row')}.`]
}

/** `1 row`, `2,000 rows`. */
export function count(number: number, noun: string): string {
  return `${formatCount(number)} ${noun}${number === 1 ? '' : 's'}`
}

/** A standing for machines, null where a measure does not exist. */
export function standingJson(standing: Standing): Record<string, unknown> {
  return {
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
  }
}

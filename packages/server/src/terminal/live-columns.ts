import type { styleText } from 'node:util'
import { sparkline } from './sparkline.ts'
import type { Column } from './table.ts'

/** One model or baseline in the live table. */
export interface LiveRow {
  name: string
  isBaseline: boolean
  /** How many predictions were scored. */
  count: number
  /** Of the newest observation; undefined when there is none yet, or when the model failed. */
  prediction: number | undefined
  actual: number | undefined
  /** MAPE in percent. */
  metrics: { mae: number; rmse: number; mape: number } | undefined
  /** |actual - prediction| of the newest observations, the newest last. */
  recentErrors: readonly (number | undefined)[]
}

/** Puts text in colour, or leaves it alone. */
export type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/** A column of the live table. */
export interface LiveColumn extends Column {
  /** @param context `bestMae` is the lowest of all models */
  cell(row: LiveRow, context: { bestMae: number; paint: Paint }): string
}

/** The name; baselines are marked. */
export const modelColumn: LiveColumn = {
  header: 'model',
  align: 'left',
  cell: ({ name, isBaseline }, { paint }) => (isBaseline ? paint('dim', `${name} *`) : name)
}

/** How many predictions were scored. */
export const countColumn: LiveColumn = {
  header: 'count',
  align: 'right',
  minWidth: 5,
  cell: ({ count }) => String(count)
}

/** The newest prediction and how good all of them were. The least widths fit the series that comes with Millrace. */
export const figureColumns: readonly LiveColumn[] = [
  { header: 'predicted', align: 'right', cell: ({ prediction }) => figure(prediction) },
  {
    header: 'actual',
    align: 'right',
    cell: ({ actual }) => (actual === undefined ? '-' : String(Number(actual.toPrecision(7))))
  },
  {
    header: 'error',
    align: 'right',
    minWidth: 7,
    cell: ({ prediction, actual }) =>
      figure(prediction === undefined || actual === undefined ? undefined : actual - prediction)
  },
  {
    header: 'MAE',
    align: 'right',
    minWidth: 6,
    cell({ isBaseline, metrics }, { bestMae, paint }) {
      const mae = figure(metrics?.mae)
      return !isBaseline && metrics?.mae === bestMae ? paint('green', mae) : mae
    }
  },
  { header: 'RMSE', align: 'right', minWidth: 6, cell: ({ metrics }) => figure(metrics?.rmse) },
  {
    header: 'MAPE',
    align: 'right',
    minWidth: 7,
    cell: ({ metrics }) => (metrics === undefined ? '-' : `${figure(metrics.mape)}%`)
  }
]

/** From this length on the header says how far back the bars go. */
const longBars = 20

/** The newest errors as bars, `length` of them, on one scale for all rows. */
export function errorColumn(rows: readonly LiveRow[], length: number): LiveColumn {
  const newest = (row: LiveRow): LiveRow['recentErrors'] => row.recentErrors.slice(-length)
  const highest = Math.max(0, ...rows.flatMap(newest).filter(error => error !== undefined))
  return {
    header: length < longBars ? '|error|' : `|error|, last ${length}`,
    align: 'left',
    cell: (row, { paint }) => paint('cyan', sparkline(newest(row), highest).trimEnd())
  }
}

/** Two decimals, or an exponent for what would not fit a column. */
function figure(value: number | undefined): string {
  if (value === undefined) return '-'
  return Math.abs(value) < 1e7 ? value.toFixed(2) : value.toExponential(2)
}

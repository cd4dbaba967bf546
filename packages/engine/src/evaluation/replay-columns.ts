import { MillraceError } from '@millrace/common'
import { isNumberCell, type Table } from '../ingestion/table.ts'

/** What the user says about the columns of a file; what is not said has a default. */
export interface ColumnChoice {
  /** Column to predict. Default: the column called `target`, else the last one whose first cell is a number. */
  target?: string | undefined
  /** Column that labels the rows. Default: the first column when its first cell is not a number, else none. */
  time?: string | undefined
  /** How many of the latest targets are features too. Default: 15 when there is no other feature, else 0. */
  lags?: number | undefined
}

/** What each column of a file is used for; columns are counted from 0. */
export interface ColumnPlan {
  target: number
  label: number | undefined
  /** Columns that are features, or may become some: those whose first cell is a number or empty. */
  features: readonly number[]
  lags: number
}

const defaultLags = 15

/**
 * Decide by the header and the first row what each column is for. Features are all columns whose first cell is a number
 * or empty, except the target and the label.
 * @throws {MillraceError} MILL_DATA_INVALID when a chosen column does not exist or no column can be the target;
 *   MILL_OPTION_INVALID when the choices exclude each other
 */
export function planColumns(
  table: Pick<Table, 'file' | 'columns' | 'indexOf'>,
  firstCells: readonly string[],
  choice: ColumnChoice = {}
): ColumnPlan {
  const { columns } = table
  const time = choice.time === undefined ? undefined : table.indexOf(choice.time)
  const target = choice.target === undefined ? defaultTarget(table, firstCells, time) : table.indexOf(choice.target)
  if (target === time) throw optionError(`column ${columns[target]} cannot be both target and time`)
  const label = time ?? (target !== 0 && !mayBeFeature(firstCells[0]!) ? 0 : undefined)
  const features = [...columns.keys()].filter(
    column => column !== target && column !== label && mayBeFeature(firstCells[column]!)
  )
  const lags = choice.lags ?? (features.length === 0 ? defaultLags : 0)
  const clash = features.find(column => isLagName(columns[column]!, lags))
  if (clash !== undefined) throw optionError(`column ${columns[clash]} has the name of a lag; take fewer lags`)
  return { target, label, features, lags }
}

function mayBeFeature(cell: string): boolean {
  return cell.trim() === '' || isNumberCell(cell)
}

function defaultTarget(
  { file, columns }: Pick<Table, 'file' | 'columns'>,
  firstCells: readonly string[],
  time: number | undefined
): number {
  const named = columns.indexOf('target')
  if (named !== -1) return named
  const last = firstCells.findLastIndex((cell, column) => column !== time && isNumberCell(cell))
  if (last !== -1) return last
  throw new MillraceError('MILL_DATA_INVALID', `${file} has no column to predict: none begins with a number`, {
    details: { file, columns }
  })
}

function isLagName(name: string, lags: number): boolean {
  return Number(/^in_([1-9]\d*)$/.exec(name)?.[1] ?? Infinity) <= lags
}

function optionError(message: string): MillraceError {
  return new MillraceError('MILL_OPTION_INVALID', message)
}

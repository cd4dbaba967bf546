import type { Features } from '@millrace/online'
import { isNumberCell, openTable, type Table, type TableRow } from '../ingestion/table.ts'
import { type ColumnChoice, type ColumnPlan, planColumns } from './replay-columns.ts'

/** One row of a file, as learners take it. */
export interface ReplayRow {
  /** Line of the file on which it begins, from 1. */
  line: number
  /** Empty when no column labels the rows. */
  label: string
  /** Good until the next row is asked for: rows share one object. */
  features: Features
  target: number
}

/** A file opened for replay. */
export interface Replay {
  /** The path it was opened with. */
  file: string
  /** Name of the column that is predicted. */
  target: string
  /** Names of the columns that are features, or may become some; without the lags. */
  features: readonly string[]
  /** Names of the columns that are neither features nor target nor label. */
  ignored: readonly string[]
  lags: number
  /** In the file's order, read as they are asked for; they can be gone through once. */
  rows: AsyncIterable<ReplayRow>
}

/**
 * Open a CSV file as a stream of rows to learn from. The first cell of a column that is not empty decides whether the
 * column is numeric; numeric columns are features, besides the lags of the target. An empty cell of a feature means
 * that the row lacks the feature. Memory does not grow with the file.
 * @throws {MillraceError} MILL_DATA_INVALID naming file, line and column, here and while reading; what
 *   {@link planColumns} throws
 */
export async function openReplay(file: string, choice: ColumnChoice = {}): Promise<Replay> {
  const table = await openTable(file)
  try {
    const first = await table.rows.next()
    if (first.done === true) throw table.emptyError()
    const plan = planColumns(table, first.value.cells, choice)
    const used = new Set([plan.target, plan.label, ...plan.features])
    return {
      file,
      target: table.columns[plan.target]!,
      features: plan.features.map(column => table.columns[column]!),
      ignored: table.columns.filter((_, column) => !used.has(column)),
      lags: plan.lags,
      rows: readRows(table, new RowReader(table, plan), first.value)
    }
  } catch (error) {
    await table.close()
    throw error
  }
}

async function* readRows(table: Table, reader: RowReader, first: TableRow): AsyncGenerator<ReplayRow> {
  try {
    yield reader.read(first)
    for await (const row of table.rows) yield reader.read(row)
  } finally {
    await table.close()
  }
}

/** Turns the cells of one row after the other into features and target. */
class RowReader {
  readonly #table: Table
  readonly #plan: ColumnPlan
  #features: number[]
  /** Features without any value so far; their first one decides whether they are numeric. */
  readonly #undecided: Set<number>
  readonly #lagNames: readonly string[]
  /** The latest targets, newest first. */
  readonly #lags: Float64Array
  /** The features of every row without gaps. Objects are dear to make and to throw away. */
  readonly #whole: Record<string, number> = {}

  constructor(table: Table, plan: ColumnPlan) {
    this.#table = table
    this.#plan = plan
    this.#features = [...plan.features]
    this.#undecided = new Set(plan.features)
    this.#lagNames = Array.from({ length: plan.lags }, (_, index) => `in_${index + 1}`)
    this.#lags = new Float64Array(plan.lags)
  }

  /** @throws {MillraceError} MILL_DATA_INVALID */
  read(row: TableRow): ReplayRow {
    if (this.#undecided.size > 0) this.#decide(row.cells)
    const { target: targetColumn, label } = this.#plan
    const features = this.#featuresOf(row)
    const target = this.#table.number(row, targetColumn)
    this.#addLags(features, target)
    return { line: row.line, label: label === undefined ? '' : row.cells[label]!, features, target }
  }

  #decide(cells: readonly string[]): void {
    for (const column of this.#undecided) {
      const cell = cells[column]!
      if (isBlank(cell)) continue
      this.#undecided.delete(column)
      if (!isNumberCell(cell)) this.#features = this.#features.filter(other => other !== column)
    }
  }

  #featuresOf(row: TableRow): Record<string, number> {
    const { cells } = row
    const features = this.#features.some(column => isBlank(cells[column]!)) ? {} : this.#whole
    for (const column of this.#features) {
      if (!isBlank(cells[column]!)) setOwn(features, this.#table.columns[column]!, this.#table.number(row, column))
    }
    return features
  }

  #addLags(features: Record<string, number>, target: number): void {
    const lags = this.#lags
    if (lags.length === 0) return
    for (let index = 0; index < lags.length; index++) features[this.#lagNames[index]!] = lags[index]!
    lags.copyWithin(1, 0)
    lags[0] = target
  }
}

function isBlank(cell: string): boolean {
  return cell === '' || cell.trim() === ''
}

/** Assigning to `__proto__` would set no property. */
function setOwn(features: Record<string, number>, name: string, value: number): void {
  if (name !== '__proto__') features[name] = value
  else Object.defineProperty(features, name, { value, enumerable: true, writable: true, configurable: true })
}

import type { MillraceError } from '@millrace/common'
import { largestMagnitude } from '@millrace/common'
import { readRecords, type TableRow } from './csv-records.ts'
import { type CellPlace, invalid, quoted } from './data-invalid.ts'

export type { TableRow } from './csv-records.ts'
export type { CellPlace } from './data-invalid.ts'

/** An open CSV file, read as far as its header. */
export interface Table {
  /** The path it was opened with. */
  readonly file: string
  /** Names of the columns without surrounding blanks; all different, none empty. */
  readonly columns: readonly string[]
  /**
   * The rows, read as they are asked for; they can be gone through once. Reading on throws MILL_DATA_INVALID for a row
   * with more or fewer cells than columns, for broken quotes, and when the file cannot be read any further. The file
   * is closed at the end, after an error, and when the loop is left early.
   */
  readonly rows: AsyncIterableIterator<TableRow>
  /** Position of a column. @throws {MillraceError} MILL_DATA_INVALID, listing the columns there are */
  indexOf(column: string): number
  /**
   * The number in one cell of a row of this table.
   * @param column position of the column, from 0
   * @throws {MillraceError} MILL_DATA_INVALID as {@link parseNumber}
   */
  number(row: TableRow, column: number): number
  /** The error to raise where a table must have at least one row. */
  emptyError(): MillraceError
  /** Close the file. Needed only when the rows are not gone through. */
  close(): Promise<void>
}

/** One observation of a finite stream. */
export interface Observation {
  /** Position in the stream, from 1. */
  observationId: number
  input: string
  target: number
}

const decimal = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * Open a CSV file (RFC 4180: commas, double quotes; UTF-8) whose first line names the columns. A byte order mark,
 * any line ends and blank lines at the end are fine. Memory does not grow with the file; about half a million rows a
 * second.
 * @throws {MillraceError} MILL_DATA_INVALID when the file cannot be read or its header is missing or unusable
 */
export async function openTable(file: string): Promise<Table> {
  const records = readRecords(file)
  try {
    const header = await records.next()
    if (header.done) throw invalid({ file }, 'is empty; the first line must name the columns')
    const columns = columnNames(file, header.value)
    return {
      file,
      columns,
      rows: rowsOf(records, file, columns.length),
      indexOf: column => indexOf(file, columns, column),
      number: ({ line, cells }, column) => parseNumber(cells[column]!, { file, line, column: columns[column]! }),
      emptyError: () => invalid({ file }, 'has a header but no rows'),
      close: async () => void (await records.return())
    }
  } catch (error) {
    await records.return()
    throw error
  }
}

/**
 * Read a whole file of observations.
 * @throws {MillraceError} MILL_DATA_INVALID as {@link openTable} and {@link parseNumber} do, or without such columns
 */
export async function readObservations(
  file: string,
  { inputColumn, targetColumn }: { inputColumn: string; targetColumn: string }
): Promise<Observation[]> {
  const table = await openTable(file)
  const observations: Observation[] = []
  try {
    const input = table.indexOf(inputColumn)
    const target = table.indexOf(targetColumn)
    for await (const row of table.rows) {
      observations.push({
        observationId: observations.length + 1,
        input: row.cells[input]!,
        target: table.number(row, target)
      })
    }
  } finally {
    await table.close()
  }
  return observations
}

/**
 * The number in a cell: decimal digits with an optional sign, point and exponent; blanks around it do not matter.
 * @throws {MillraceError} MILL_DATA_INVALID naming the place and the text, for anything else, an empty cell included,
 *   and for a number beyond ±1e100
 */
export function parseNumber(cell: string, place: CellPlace): number {
  const text = cell.trim()
  if (text === '') throw invalid(place, 'is empty, but must be a number')
  if (!decimal.test(text)) throw invalid(place, `must be a decimal number, got ${quoted(cell)}`)
  const value = Number(text)
  if (Math.abs(value) <= largestMagnitude) return value
  throw invalid(place, `must be within ±${largestMagnitude}, got ${quoted(cell)}`)
}

/** Whether {@link parseNumber} would take the cell. */
export function isNumberCell(cell: string): boolean {
  const text = cell.trim()
  return decimal.test(text) && Math.abs(Number(text)) <= largestMagnitude
}

async function* rowsOf(
  records: AsyncIterable<TableRow>,
  file: string,
  width: number
): AsyncGenerator<TableRow, void, undefined> {
  for await (const row of records) {
    const { length } = row.cells
    if (length !== width) {
      const cells = length === 1 ? '1 cell' : `${length} cells`
      throw invalid({ file, line: row.line }, `has ${cells}, but the header has ${width}`)
    }
    yield row
  }
}

function columnNames(file: string, { line, cells }: TableRow): string[] {
  const columns = cells.map(cell => cell.trim())
  const nameless = columns.indexOf('')
  if (nameless !== -1) throw invalid({ file, line }, `gives column ${nameless + 1} no name`)
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (twice !== undefined) throw invalid({ file, line }, `names the column ${quoted(twice)} twice`)
  if (columns.every(isNumberCell)) throw invalid({ file, line }, 'must name the columns, but holds only numbers')
  return columns
}

function indexOf(file: string, columns: readonly string[], column: string): number {
  const index = columns.indexOf(column)
  if (index !== -1) return index
  throw invalid({ file, column }, `does not exist; the columns are ${columns.map(quoted).join(', ')}`)
}

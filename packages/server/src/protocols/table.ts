import type { Datatype } from '@millrace/runtime'
import { invalid, isObject, type JsonObject } from './json-fields.ts'

/** Rows of named columns. */
export interface Table {
  readonly names: readonly string[]
  readonly rows: number
  /** A cell as the value that JSON has for an element of a type. */
  cell(row: number, column: number, datatype: Datatype): unknown
}

/**
 * Rows that are objects with the same keys.
 * @throws {MillraceError} MILL_INPUT_INVALID for rows whose keys differ
 */
export function tableOfRecords(records: readonly unknown[]): Table {
  const rows = records.map((record, row) => {
    if (isObject(record)) return record
    throw invalid(`row ${row} is not an object, as row 0 is`)
  })
  const names = Object.keys(rows[0] ?? {})
  for (const [row, record] of rows.entries()) mustHave(record, row, names)
  return { names, rows: rows.length, cell: (row, column) => rows[row]![names[column]!] }
}

function mustHave(record: JsonObject, row: number, names: readonly string[]): void {
  const missing = names.find(name => !Object.hasOwn(record, name))
  if (missing !== undefined) throw invalid(`row ${row} has no '${missing}', as row 0 has`)
  if (Object.keys(record).length === names.length) return
  const surplus = Object.keys(record).find(name => !names.includes(name))
  throw invalid(`row ${row} has '${surplus}', and row 0 has not`)
}

/**
 * Columns that are lists of the same length.
 * @returns undefined where one is no list
 * @throws {MillraceError} MILL_INPUT_INVALID for lists of different lengths
 */
export function tableOfColumns(columns: JsonObject): Table | undefined {
  const names = Object.keys(columns)
  const lists = Object.values(columns)
  if (!lists.every(list => Array.isArray(list))) return undefined
  const rows = lists[0]?.length ?? 0
  const odd = lists.findIndex(list => list.length !== rows)
  if (odd > 0) throw invalid(`'${names[odd]}' has ${lists[odd]!.length} elements, and '${names[0]}' has ${rows}`)
  return { names, rows, cell: (row, column) => lists[column]![row] as unknown }
}

/**
 * Rows that are lists, and the names of their columns.
 * @throws {MillraceError} MILL_INPUT_INVALID for rows of another length
 */
export function tableOfRows(names: readonly string[], rows: readonly unknown[]): Table {
  const lists = rows.map((row, index) => {
    if (Array.isArray(row) && row.length === names.length) return row as readonly unknown[]
    throw invalid(`row ${index} must be a list of ${names.length} values, one for each column`)
  })
  return { names, rows: lists.length, cell: (row, column) => lists[row]![column] }
}

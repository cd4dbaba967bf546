import type { Datatype } from '@millrace/runtime'
import { invalid, isObject } from '../json-fields.ts'
import { type Table, tableOfRows } from '../table.ts'
import { parseCsv } from './csv.ts'

const floats: ReadonlySet<Datatype> = new Set(['FP16', 'FP32', 'FP64'])

/** `dataframe_split`: rows as lists, with the names of the columns beside them. @throws {MillraceError} MILL_INPUT_INVALID */
export function tableOfSplit(frame: unknown): Table {
  if (!isObject(frame)) throw invalid("'dataframe_split' must be an object with 'columns' and 'data'")
  const { columns, data } = frame
  if (!Array.isArray(data)) throw invalid("'data' of 'dataframe_split' must be a list of rows")
  const [first] = data as unknown[]
  const names = (Array.isArray(columns) ? columns : Object.keys(Array.isArray(first) ? first : [])).map(nameOf)
  return withMissing(tableOfRows(names, data))
}

/** `dataframe_records`: an object a row; what one lacks is missing there. @throws {MillraceError} MILL_INPUT_INVALID */
export function tableOfFrameRecords(frame: unknown): Table {
  if (!Array.isArray(frame)) throw invalid("'dataframe_records' must be a list of objects")
  const records = frame.map((record, row) => {
    if (isObject(record)) return record
    throw invalid(`row ${row} of 'dataframe_records' must be an object`)
  })
  const names = [...new Set(records.flatMap(record => Object.keys(record)))]
  const rows = records.map(record => names.map(name => (Object.hasOwn(record, name) ? record[name] : null)))
  return withMissing(tableOfRows(names, rows))
}

/** CSV with a header. @throws {MillraceError} MILL_INPUT_INVALID */
export function tableOfCsv(text: string): Table {
  const [names, ...rows] = parseCsv(text)
  if (names === undefined) throw invalid('the CSV has no header')
  const { cell, ...table } = tableOfRows(names, rows)
  return { ...table, cell: (row, column, datatype) => valueOf(String(cell(row, column, datatype)), datatype) }
}

function nameOf(column: unknown): string {
  if (typeof column === 'string' || typeof column === 'number') return String(column)
  throw invalid('each name of a column must be a text')
}

/** What pandas has no value for it writes as null, and NaN is that value among numbers with fractions. */
function withMissing({ cell, ...table }: Table): Table {
  return {
    ...table,
    cell(row, column, datatype) {
      const value = cell(row, column, datatype)
      return value === null && floats.has(datatype) ? 'NaN' : value
    }
  }
}

/** How pandas reads and writes what is missing. */
const missing: ReadonlySet<string> = new Set(['', 'nan', 'na', 'n/a', 'null', 'none', '<na>'])
const infinities = new Map([
  ['inf', 'Infinity'],
  ['+inf', 'Infinity'],
  ['-inf', '-Infinity'],
  ['infinity', 'Infinity'],
  ['-infinity', '-Infinity']
])
const booleans = new Map([
  ['true', true],
  ['false', false]
])
const integer = /^-?\d+$/
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** A cell as the value that JSON has for an element of a type; a text that is none is left for the message about it. */
function valueOf(cell: string, datatype: Datatype): unknown {
  if (datatype === 'BYTES') return cell
  const word = cell.trim().toLowerCase()
  if (floats.has(datatype)) {
    if (missing.has(word)) return 'NaN'
    const infinity = infinities.get(word)
    if (infinity !== undefined) return infinity
  }
  if (datatype === 'BOOL') return booleans.get(word) ?? numberOf(word) ?? cell
  // With all its digits.
  if (datatype.endsWith('INT64') && integer.test(word)) return word
  return numberOf(word) ?? cell
}

function numberOf(word: string): number | undefined {
  return decimal.test(word) ? Number(word) : undefined
}

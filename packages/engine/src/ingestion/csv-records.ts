import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { MillraceError } from '@millrace/common'
import { CsvError, type Options, parse } from 'csv-parse'
import { invalid } from './data-invalid.ts'

/** One row of a CSV file. */
export interface TableRow {
  /** Line of the file on which the row begins, from 1; the header is on line 1. */
  line: number
  /** One text per column, in the order of the columns. */
  cells: string[]
}

/** Bytes in a row; more means that a quote was never closed, and would fill the memory. */
const largestRow = 1024 * 1024

/** Every record of the file, the header included, without the blank lines at the end. */
export async function* readRecords(file: string): AsyncGenerator<TableRow, void, undefined> {
  let line = 1
  const options: Options<TableRow, string[]> = {
    bom: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    max_record_size: largestRow,
    on_record: cells => {
      const row = { line, cells }
      line += 1 + lineBreaks(cells)
      return row
    }
  }
  // The types of csv-parse know records of another type than string[] only together with `columns`.
  const parser = parse(options as unknown as Options)
  // The loop below receives the errors of both streams; the callback only has to be there.
  const records: AsyncIterable<TableRow> = pipeline(createReadStream(file), parser, () => undefined)
  let blankLine: number | undefined
  try {
    for await (const row of records) {
      if (row.cells.length === 1 && row.cells[0]?.trim() === '') {
        blankLine ??= row.line
        continue
      }
      if (blankLine !== undefined) throw invalid({ file, line: blankLine }, 'is blank, but rows follow')
      yield row
    }
  } catch (error) {
    throw error instanceof MillraceError ? error : unreadable(file, line, error)
  }
}

function lineBreaks(cells: readonly string[]): number {
  let count = 0
  for (const cell of cells) {
    if (cell.includes('\n') || cell.includes('\r')) count += cell.match(/\r\n|\n|\r/g)?.length ?? 0
  }
  return count
}

/** What keeps a file from being read, by the code of the file system's error. */
const fileProblems = new Map([
  ['EACCES', 'cannot be read by this user'],
  ['EISDIR', 'is a folder, but must be a CSV file'],
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist']
])

/** An error of the parser, which was about to read the record that begins on `line`, or of the file system. */
function unreadable(file: string, line: number, error: unknown): MillraceError {
  if (error instanceof CsvError) {
    const isOpen = error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE'
    const problem = isOpen ? 'begins a row whose quotes are never closed' : 'has a quote where none may be'
    return invalid({ file, line }, problem, error)
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return invalid({ file }, fileProblems.get(code) ?? `cannot be read: ${code}`, error)
}

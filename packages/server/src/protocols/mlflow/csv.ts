import { invalid } from '../json-fields.ts'

/**
 * Reads comma-separated values (RFC 4180) with any line ends; lines without anything are passed over, as pandas does.
 * One pass over the text.
 * @returns rows of cells, the header among them
 * @throws {MillraceError} MILL_INPUT_INVALID for a quote that is not closed, or text after one that is
 */
export function parseCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  for (let at = text.charCodeAt(0) === 0xfeff ? 1 : 0; at < text.length;) {
    const { cell, end } = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at)
    row.push(cell)
    at = end + 1
    if (text[end] === ',') {
      // A comma at the very end has an empty cell behind it.
      if (at === text.length) row.push('')
      else continue
    }
    if (text[end] === '\r' && text[at] === '\n') at++
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return rows
}

interface Cell {
  cell: string
  /** Where the comma or line end after it is. */
  end: number
}

const separator = /[,\r\n]/g

function plainCell(text: string, start: number): Cell {
  separator.lastIndex = start
  const end = separator.exec(text)?.index ?? text.length
  return { cell: text.slice(start, end), end }
}

function quotedCell(text: string, start: number): Cell {
  let end = start
  do {
    end = text.indexOf('"', end + 1)
    if (end === -1) throw invalid('the CSV has a quote that is not closed')
  } while (text[end + 1] === '"' && ++end)
  const cell = text.slice(start + 1, end).replaceAll('""', '"')
  const next = text[end + 1]
  if (next !== undefined && next !== ',' && next !== '\r' && next !== '\n') {
    throw invalid(`the CSV has text after a closing quote at character ${end + 1}`)
  }
  return { cell, end: end + 1 }
}

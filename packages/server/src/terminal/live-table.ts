import { stripVTControlCharacters, styleText } from 'node:util'
import { sparkline } from './sparkline.ts'
import { type Column, formatTable } from './table.ts'

/** One model or baseline in the live table. */
export interface LiveRow {
  name: string
  isBaseline: boolean
  /** Of the newest observation; undefined when there is none yet, or when the model failed. */
  prediction: number | undefined
  actual: number | undefined
  /** MAPE in percent. */
  metrics: { mae: number; rmse: number; mape: number } | undefined
  /** |actual - prediction| of the newest observations, the newest last. */
  recentErrors: readonly (number | undefined)[]
}

/** Everything the live table shows. */
export interface LiveState {
  version: string
  /** Services and where they answer; the first is shown in full. */
  addresses: readonly { name: string; url: string }[]
  /** The newest observation: its number, how many there are, and when or under what input it was made. */
  position: { number: number; total: number; input: string } | undefined
  isExhausted: boolean
  /** Seconds between two steps; 0 when stepping is off. */
  intervalSeconds: number
  /** Address that starts the stream again, as a POST. */
  resetUrl: string
  rows: readonly LiveRow[]
}

/** What the terminal can show. */
export interface TerminalLook {
  columns: number
  /** Lines of the terminal. */
  rows: number
  hasColour: boolean
}

/** How many errors a row keeps: as many as the widest sparkline shows. */
export const keptErrors = 40
const narrowestSparkline = 7
const margin = 2

type Paint = (format: Parameters<typeof styleText>[0], text: string) => string

/**
 * The live table as lines that fit the terminal: addresses, where the stream is, the rows, how to stop. Where lines are
 * short, the empty ones go first, then the addresses, then the hint.
 */
export function liveTable(state: LiveState, { columns, rows, hasColour }: TerminalLook): string[] {
  const paint: Paint = hasColour
    ? (format, text) => (text === '' ? '' : styleText(format, text, { validateStream: false }))
    : (_, text) => text
  // One column and one line stay free, since a terminal may wrap or scroll after its last one.
  const width = Math.max(1, columns - 1)
  const height = Math.max(1, rows - 1)
  const header = headerLines(state, width, paint)
  const table = [paint('bold', positionLine(state)), ...tableLines(state.rows, width, paint)]
  const hint = paint('dim', hintLine)
  const [position, ...body] = table
  const layouts = [
    [...header, '', position!, '', ...body, '', hint],
    [...header, ...table, hint],
    [...table, hint],
    table
  ]
  const lines = layouts.find(({ length }) => length <= height) ?? table.slice(0, height)
  return lines.map(line => truncate(line, width))
}

function headerLines({ version, addresses }: LiveState, width: number, paint: Paint): string[] {
  const [first, ...others] = addresses
  const title = `${paint('bold', `millrace ${version}`)}   ${paint('cyan', `${first?.url ?? ''}/docs`)}`
  return [
    title,
    ...wrap(
      others.map(({ name, url }) => `${name} ${shortAddress(url, first?.url)}`),
      width
    )
  ]
}

/** Only the port of an address on the same host as the first. */
function shortAddress(url: string, first: string | undefined): string {
  const { hostname, port } = new URL(url)
  return first !== undefined && new URL(first).hostname === hostname ? `:${port}` : url
}

/** Words put into lines of at most `width` characters, three spaces apart. */
function wrap(words: readonly string[], width: number): string[] {
  const lines: string[] = []
  for (const word of words) {
    const longer = `${lines.at(-1)}   ${word}`
    if (lines.length > 0 && longer.length <= width) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  return lines
}

function positionLine({ position, isExhausted, intervalSeconds, resetUrl }: LiveState): string {
  if (isExhausted) return `end of the stream; to start again: curl -X POST ${resetUrl}`
  const pace = intervalSeconds === 0 ? 'stepping is off' : `a step every ${intervalSeconds} s`
  if (position === undefined) return intervalSeconds === 0 ? pace : `waiting for the first observation, ${pace}`
  return `observation ${position.number}/${position.total}, ${position.input}   ${pace}`
}

const hintLine = 'Ctrl-C stops   * baseline: learns nothing   bars share one scale'

const numberColumns: Column[] = ['predicted', 'actual', 'error', 'MAE', 'RMSE', 'MAPE'].map(header => ({
  header,
  align: 'right'
}))

function tableLines(rows: readonly LiveRow[], width: number, paint: Paint): string[] {
  const columns: Column[] = [{ header: 'model', align: 'left' }, ...numberColumns]
  const best = Math.min(...rows.map(row => row.metrics?.mae ?? Infinity))
  const cells = rows.map(row => rowCells(row, best, paint))
  const room = width - visibleLength(formatTable(columns, cells)[1]!) - margin
  if (room < narrowestSparkline) return formatTable(columns, cells)
  const length = Math.min(room, keptErrors)
  const header = length < keptErrors / 2 ? '|error|' : `|error|, last ${length}`
  const errors = rows.map(row => row.recentErrors.slice(-length))
  const highest = Math.max(0, ...errors.flat().filter(error => error !== undefined))
  return formatTable(
    [...columns, { header, align: 'left' }],
    cells.map((row, index) => [...row, paint('cyan', sparkline(errors[index]!, highest).trimEnd())])
  )
}

function rowCells(row: LiveRow, bestMae: number, paint: Paint): string[] {
  const { name, isBaseline, prediction, actual, metrics } = row
  const error = prediction === undefined || actual === undefined ? undefined : actual - prediction
  const label = isBaseline ? paint('dim', `${name} *`) : name
  const mae = figure(metrics?.mae)
  return [
    label,
    figure(prediction),
    actual === undefined ? '-' : String(Number(actual.toPrecision(7))),
    figure(error),
    metrics?.mae === bestMae ? paint('green', mae) : mae,
    figure(metrics?.rmse),
    metrics === undefined ? '-' : `${figure(metrics.mape)}%`
  ]
}

/** Two decimals, or an exponent for what would not fit a column. */
function figure(value: number | undefined): string {
  if (value === undefined) return '-'
  return Math.abs(value) < 1e7 ? value.toFixed(2) : value.toExponential(2)
}

function visibleLength(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length
}

/** The first `width` visible characters; an ellipsis takes the place of the last when there are more. */
function truncate(line: string, width: number): string {
  if (visibleLength(line) <= width) return line
  // eslint-disable-next-line no-control-regex -- colours are control characters
  const pieces = line.match(/\u001b\[[0-9;]*m|[^\u001b]/gu) ?? []
  let room = width - 1
  let isCut = false
  return pieces
    .map(piece => {
      if (piece.startsWith('\u001b')) return piece
      if (room-- > 0) return piece
      if (isCut) return ''
      isCut = true
      return '…'
    })
    .join('')
}

import { styleText } from 'node:util'
import {
  countColumn,
  errorColumn,
  figureColumns,
  type LiveColumn,
  type LiveRow,
  modelColumn,
  type Paint
} from './live-columns.ts'
import { formatTable, visibleLength } from './table.ts'

/** Everything the live table shows. */
export interface LiveState {
  version: string
  /** Services and where they answer; the first is shown in full. */
  addresses: readonly { name: string; url: string }[]
  /** The newest observation: its number, how many there are, and when or under what input it was made. */
  position: { number: number; total: number; input: string } | undefined
  /** Models that have yet to learn the newest observation, because they failed; it comes again until they have. */
  waitingFor: readonly string[]
  isExhausted: boolean
  /** Whether this process only follows the models, which another one teaches. */
  isReader: boolean
  /** Whether the models had learned something before this process began. */
  isResumed: boolean
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
  const table = [paint('bold', positionLine(state)), ...tableLines(state, width, paint)]
  const hint = paint('dim', hintLine(state, table))
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

function positionLine(state: LiveState): string {
  const { position, waitingFor, isExhausted, intervalSeconds, resetUrl } = state
  if (state.isReader) return 'following the process that teaches these models (MILLRACE_ROLE=reader)'
  if (intervalSeconds === 0) return 'stepping is off (PIPELINE_INTERVAL=0); the models learn from requests only'
  if (isExhausted) return `end of the stream; to start again: curl -X POST ${resetUrl}`
  const pace = `a step every ${intervalSeconds} s`
  if (position === undefined) return `waiting for the first observation, ${pace}`
  const { number, total, input } = position
  const wait = waitingFor.length === 0 ? pace : `waiting for ${waitingFor.join(', ')}`
  // The input is a cell of somebody's file.
  return `observation ${number}/${total}, ${input.replaceAll(/\p{Cc}/gu, ' ')}   ${wait}`
}

function hintLine({ rows, isResumed }: LiveState, table: readonly string[]): string {
  const hints = ['Ctrl-C stops']
  const since = isResumed ? ', scored since this start' : ''
  if (rows.some(row => row.isBaseline)) hints.push(`* baseline: learns nothing${since}`)
  if (table.some(line => line.includes('|error|'))) hints.push('bars share one scale')
  return hints.join('   ')
}

/** The table with as much beside the figures as the width allows: how many rows count, and the errors as bars. */
function tableLines({ rows, intervalSeconds, isResumed }: LiveState, width: number, paint: Paint): string[] {
  // Baselines are left out: one that starts a season late has its MAE over other rows.
  const bestMae = Math.min(...rows.map(row => (row.isBaseline ? Infinity : (row.metrics?.mae ?? Infinity))))
  const table = (columns: readonly LiveColumn[]): string[] =>
    formatTable(
      columns,
      rows.map(row => columns.map(({ cell }) => cell(row, { bestMae, paint })))
    )
  const roomBeside = (columns: readonly LiveColumn[]): number => width - visibleLength(table(columns)[1]!)
  const counted = [modelColumn, countColumn, ...figureColumns]
  // Steps count alike in every row; where requests alone teach, or models knew something before, the count tells more.
  const leastRoom = intervalSeconds === 0 || isResumed ? 0 : margin + narrowestSparkline
  const columns = roomBeside(counted) >= leastRoom ? counted : [modelColumn, ...figureColumns]
  const length = Math.min(roomBeside(columns) - margin, keptErrors)
  return table(length < narrowestSparkline ? columns : [...columns, errorColumn(rows, length)])
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

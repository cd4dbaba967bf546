import { formatShort } from './number-format.ts'

/** One line of a chart. */
export interface ChartSeries {
  name: string
  /** From left to right, spread over the whole width; undefined leaves a gap. */
  values: readonly (number | undefined)[]
}

/** How a chart looks. */
export interface ChartLook {
  /** Of the whole chart, axis included, in characters. */
  width: number
  /** Of the drawing, in lines of text. */
  height: number
  /** Without colour the second series is drawn in another character. */
  hasColour: boolean
  /** What stands below the left end, the middle and the right end. */
  footer: readonly [string, string, string]
}

/** The narrowest chart that still shows something. */
export const narrowestChart = 24

const mostDigits = 9
const dotsAcross = 2
const dotsDown = 4
/** Bits of a character of Unicode's braille block, line by line, left dot first. */
const brailleBits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
const colours = ['\u001b[36m', '\u001b[33m'] as const
const colourEnd = '\u001b[39m'
const plainSecond = '∘'

/**
 * Draws two series over each other in braille dots: two dots a character across, four down. The axis spans `first` and
 * as much of `second` as lies within a quarter of that span around it, so that a wild start does not flatten the rest.
 * @returns lines, legend first; none when there is nothing to draw
 */
export function drawChart(first: ChartSeries, second: ChartSeries, look: ChartLook): string[] {
  const span = valueSpan(first.values, second.values)
  if (span === undefined) return []
  const labels = axisLabels(span, look.height)
  const labelWidth = Math.max(...labels.map(label => label.length))
  const width = look.width - labelWidth - 2
  const grids = [first, second].map(({ values }) => drawDots(values, { ...span, width, height: look.height }))
  const lines = labels.map((label, row) => {
    const cells = Array.from({ length: width }, (_, column) => cellOf(grids, row * width + column, look.hasColour))
    return `${label.padStart(labelWidth)} ${label === '' ? '│' : '┤'}${joinCells(cells)}`.trimEnd()
  })
  const indent = ' '.repeat(labelWidth + 2)
  return [
    indent + legend([first.name, second.name], look.hasColour),
    ...lines,
    indent + footer(look.footer, look.width - indent.length)
  ]
}

interface Span {
  low: number
  high: number
}

function valueSpan(first: ChartSeries['values'], second: ChartSeries['values']): Span | undefined {
  const own = extremes(first)
  if (own === undefined) return undefined
  const margin = (own.high - own.low) / 4 || Math.abs(own.high) / 4 || 1
  const other = extremes(second) ?? own
  const low = Math.max(own.low - margin, Math.min(own.low, other.low))
  const high = Math.min(own.high + margin, Math.max(own.high, other.high))
  // A flat line stands in the middle of something.
  const room = high > low ? 0 : Math.abs(high) / 2 || 1
  return { low: low - room, high: high + room }
}

function extremes(values: ChartSeries['values']): Span | undefined {
  const known = values.filter(value => value !== undefined)
  if (known.length === 0) return undefined
  return { low: Math.min(...known), high: Math.max(...known) }
}

/** One label a line, empty for most: top, bottom and every fourth or so between. */
function axisLabels(span: Span, height: number): string[] {
  const steps = Math.max(1, Math.round((height - 1) / 4))
  const lines = Array.from({ length: steps + 1 }, (_, step) => Math.round((step * (height - 1)) / steps))
  const texts = distinctLabels(lines.map(line => span.high - ((span.high - span.low) * line) / Math.max(1, height - 1)))
  return Array.from({ length: height }, (_, line) => texts[lines.indexOf(line)] ?? '')
}

function distinctLabels(values: readonly number[]): string[] {
  for (let digits = 3; ; digits++) {
    const texts = values.map(value => formatShort(value, digits))
    if (digits === mostDigits || new Set(texts).size === values.length) return texts
  }
}

/** Braille bits of every character of the drawing, line by line. */
function drawDots(values: ChartSeries['values'], area: Span & { width: number; height: number }): Uint8Array {
  const bits = new Uint8Array(area.width * area.height)
  const right = area.width * dotsAcross - 1
  const bottom = area.height * dotsDown - 1
  const across = (index: number): number =>
    values.length === 1 ? 0 : Math.round((index * right) / (values.length - 1))
  const down = (value: number): number => Math.round(((area.high - value) / (area.high - area.low)) * bottom)
  const dot = (x: number, y: number): void => {
    const cell = Math.floor(y / dotsDown) * area.width + Math.floor(x / dotsAcross)
    bits[cell]! |= brailleBits[(y % dotsDown) * dotsAcross + (x % dotsAcross)]!
  }
  let previous: Point | undefined
  for (const [index, value] of values.entries()) {
    const point = value === undefined ? undefined : { x: across(index), y: down(value) }
    if (point !== undefined) for (const { x, y } of lineDots(previous ?? point, point, bottom)) dot(x, y)
    previous = point
  }
  return bits
}

interface Point {
  x: number
  y: number
}

/** The dots of a straight line, both ends included; how far it runs above or below the drawing costs nothing. */
function* lineDots(from: Point, to: Point, bottom: number): Generator<Point> {
  const slope = to.x === from.x ? 0 : (to.y - from.y) / (to.x - from.x)
  // A steep line takes several dots of each column, half of them before it and half behind.
  const reach = Math.abs(slope) > 1 ? 0.5 : 0
  for (let x = from.x; x <= to.x; x++) {
    const start = Math.round(from.y + (Math.max(from.x, x - reach) - from.x) * slope)
    const end = to.x === from.x ? to.y : Math.round(from.y + (Math.min(to.x, x + reach) - from.x) * slope)
    const lowest = Math.max(0, Math.min(start, end))
    const highest = Math.min(bottom, Math.max(start, end))
    for (let y = lowest; y <= highest; y++) yield { x, y }
  }
}

interface Cell {
  text: string
  colour: string
}

function cellOf(grids: readonly Uint8Array[], index: number, hasColour: boolean): Cell {
  const first = grids[0]![index]!
  const second = grids[1]![index]!
  if (first === 0 && second === 0) return { text: ' ', colour: '' }
  if (!hasColour) return { text: first === 0 ? plainSecond : braille(first), colour: '' }
  return { text: braille(first | second), colour: colours[first === 0 ? 1 : 0] }
}

function braille(bits: number): string {
  return String.fromCodePoint(0x2800 + bits)
}

function joinCells(cells: readonly Cell[]): string {
  let text = ''
  let current = ''
  for (const cell of cells) {
    if (cell.text !== ' ' && cell.colour !== current) {
      text += cell.colour
      current = cell.colour
    }
    text += cell.text
  }
  return current === '' ? text : text.trimEnd() + colourEnd
}

function legend(names: readonly [string, string], hasColour: boolean): string {
  const [first, second] = names
  if (!hasColour) return `⠤⠒⠉ ${first}   ${plainSecond}${plainSecond}${plainSecond} ${second}`
  return `${colours[0]}━━ ${first}${colourEnd}   ${colours[1]}━━ ${second}${colourEnd}`
}

/** The middle goes where it has room, the right end too. */
function footer([left, middle, right]: ChartLook['footer'], width: number): string {
  const gap = width - left.length - right.length
  if (gap < 1) return left.slice(0, width)
  const before = Math.floor((gap - middle.length) / 2)
  const centre = before < 2 ? ' '.repeat(gap) : (' '.repeat(before) + middle).padEnd(gap)
  return left + centre + right
}

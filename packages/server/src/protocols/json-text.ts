import { isUtf8 } from 'node:buffer'
import { failure, HttpError } from '../http/failure.ts'

/**
 * Begins a text that stands for a number which `JSON.parse` cannot give: `NaN`, an infinity, or an integer of so many
 * digits that a double would round it. Texts of requests that begin so are no valid elements of tensors either way.
 */
const mark = '\0'

/** Raised where an integer was rounded; {@link readJson} then reads again without rounding. */
export class RoundedInteger extends HttpError {
  constructor() {
    super(failure('MILL_INPUT_INVALID', 'integers beyond ±(2^53 - 1) must be written with all their digits'))
  }
}

/**
 * Reads a body as JSON in which `NaN`, `Infinity` and `-Infinity` may stand for numbers, as Python writes them.
 * @param read makes something of the parsed value. It may throw {@link RoundedInteger} and is then called once more, with
 *   texts for which {@link unusualNumber} gives the digits in place of all numbers that would be rounded.
 * @throws {HttpError} MILL_JSON_INVALID
 */
export function readJson<Result>(body: Buffer, read: (value: unknown) => Result): Result {
  return jsonReader(body)(read)
}

/** As {@link readJson}, for a body out of which several things are made: it is parsed once. */
export function jsonReader(body: Buffer): <Result>(read: (value: unknown) => Result) => Result {
  const text = textOf(body)
  const value = parse(text) ?? parseMarked(text)
  return read => {
    try {
      return read(value)
    } catch (error) {
      if (error instanceof RoundedInteger) return read(parseMarked(text))
      throw error
    }
  }
}

/** How a number was written that JSON has not, or that a double would round; undefined for everything else. */
export function unusualNumber(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith(mark) ? value.slice(mark.length) : undefined
}

function textOf(body: Buffer): string {
  if (!isUtf8(body)) throw invalidJson('it is not valid UTF-8')
  const text = body.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}

/** Undefined for a text that is JSON but for words such as `NaN`, perhaps. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (text.includes('NaN') || text.includes('Infinity')) return undefined
    throw notJson(error)
  }
}

function parseMarked(text: string): unknown {
  try {
    return JSON.parse(withMarks(text))
  } catch (error) {
    throw notJson(error)
  }
}

/** Outside of strings: a word for a number, or an integer of 16 digits or more that is no part of a fraction or exponent. */
const unusual = /-?Infinity|NaN|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

/** The text with unusual numbers in quotes and marked. One pass, whatever the text. */
function withMarks(text: string): string {
  const pieces: string[] = []
  for (let at = 0; at < text.length;) {
    const quote = text.indexOf('"', at)
    const end = quote === -1 ? text.length : quote
    pieces.push(text.slice(at, end).replace(unusual, '"\\u0000$&"'))
    at = quote === -1 ? end : endOfString(text, quote)
    pieces.push(text.slice(end, at))
  }
  return pieces.join('')
}

/** Where the string ends that begins at `start`. */
function endOfString(text: string, start: number): number {
  let quote = start
  do quote = text.indexOf('"', quote + 1)
  while (quote !== -1 && isEscaped(text, quote))
  return quote === -1 ? text.length : quote + 1
}

function isEscaped(text: string, quote: number): boolean {
  let before = quote - 1
  while (text[before] === '\\') before--
  return (quote - before) % 2 === 0
}

/** V8 tells where it stopped for some faults; its message is not passed on because it quotes the body. */
function notJson(error: unknown): HttpError {
  const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return invalidJson(position === undefined ? 'it is not valid JSON' : `it is not valid JSON at character ${position}`)
}

function invalidJson(reason: string): HttpError {
  return new HttpError(failure('MILL_JSON_INVALID', `failed to parse the request JSON buffer: ${reason}`))
}

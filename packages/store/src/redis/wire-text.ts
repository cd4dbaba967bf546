import { createHash } from 'node:crypto'
import { isUtf8 } from 'node:buffer'

/**
 * A text as Redis keeps it: UTF-8, where each lone surrogate takes the three bytes that its number would take (WTF-8),
 * so that different texts stay different.
 */
export function toWire(text: string): string | Buffer {
  if (text.isWellFormed()) return text
  // Between the lone surrogates the text is well formed.
  const parts = text.split(/(\p{Surrogate})/u)
  return Buffer.concat(parts.map((part, index) => (index % 2 === 0 ? Buffer.from(part) : surrogateBytes(part))))
}

/** The text of which {@link toWire} made the bytes. */
export function fromWire(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString()
  let text = ''
  let start = 0
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== 0xed || bytes[index + 1]! < 0xa0) continue
    const unit = 0xd000 | ((bytes[index + 1]! & 0x3f) << 6) | (bytes[index + 2]! & 0x3f)
    text += bytes.toString('utf8', start, index) + String.fromCharCode(unit)
    start = index + 3
  }
  return text + bytes.toString('utf8', start)
}

function surrogateBytes(text: string): Buffer {
  const unit = text.charCodeAt(0)
  return Buffer.from([0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)])
}

/** Longer ids are kept as a digest, so that what is remembered of one has a bound. */
const longestIdBytes = 64

/** An observation id as it is remembered: itself when it is short text, otherwise a digest that no short one equals. */
export function idToWire(id: string): string {
  if (id.isWellFormed() && Buffer.byteLength(id) <= longestIdBytes) return id
  return `sha256:${createHash('sha256').update(id, 'utf16le').digest('hex')}`
}

/**
 * A number as the shortest decimal text that reads back to the same float64, -0 included, in JavaScript as with
 * Python's `float()`.
 */
export function numberToWire(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : String(value).replace('Infinity', 'inf').replace('NaN', 'nan')
}

/** @returns NaN for a text that is no number */
export function numberFromWire(text: string): number {
  if (text.endsWith('inf')) return text.startsWith('-') ? -Infinity : Infinity
  return text === '' ? Number.NaN : Number(text)
}

/** Numbers separated by spaces. */
export function numbersToWire(values: readonly number[]): string {
  return values.map(numberToWire).join(' ')
}

/**
 * The numbers of a text that {@link numbersToWire} made. What is no number is left out: a series of another program may
 * hold any text, and the former feature service stored NaN.
 */
export function numbersFromWire(text: string): number[] {
  const numbers: number[] = []
  if (text === '') return numbers
  for (const part of text.split(' ')) {
    const value = numberFromWire(part)
    if (!Number.isNaN(value)) numbers.push(value)
  }
  return numbers
}

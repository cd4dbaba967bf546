import { MillraceError } from '@millrace/common'

/** Builds the error for bytes of a journal that no {@link ByteWriter} wrote. */
export function damaged(problem: string): MillraceError {
  return new MillraceError('MILL_JOURNAL_DAMAGED', `not a record of a learner: ${problem}`)
}

/** Reads what a `ByteWriter` wrote, and nothing that it would have written otherwise. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export class ByteReader {
  readonly bytes: Uint8Array
  readonly #view: DataView
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Where the next thing stands. */
  get offset(): number {
    return this.#offset
  }

  /** @throws {MillraceError} MILL_JOURNAL_DAMAGED unless all is read */
  end(): void {
    if (this.#offset !== this.bytes.length) throw damaged('bytes after the end')
  }

  byte(): number {
    return this.bytes[this.skip(1)]!
  }

  count(): number {
    let value = 0
    for (let factor = 1; factor <= 0x10000000; factor *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte > 0x7f) continue
      if (value > 0xffffffff || (byte === 0 && factor > 1)) break
      return value
    }
    throw damaged('not a count')
  }

  /** A number that is finite; others are not written. */
  double(): number {
    const value = this.#view.getFloat64(this.skip(8), true)
    if (!Number.isFinite(value)) throw damaged('a number is not finite')
    return value
  }

  text(): string {
    const marked = this.count()
    const isWide = marked % 2 === 1
    const length = (marked - (marked % 2)) / 2
    const start = this.skip(isWide ? 2 * length : length)
    return isWide ? this.#wide(start, length) : this.#narrow(start, length)
  }

  /** @returns where the next `length` bytes begin, which are passed over */
  skip(length: number): number {
    const start = this.#offset
    if (length > this.bytes.length - start) throw damaged('it ends too early')
    this.#offset = start + length
    return start
  }

  #narrow(start: number, length: number): string {
    let text = ''
    for (let index = start; index < start + length; index++) text += String.fromCharCode(this.bytes[index]!)
    return text
  }

  #wide(start: number, length: number): string {
    let text = ''
    let highest = 0
    for (let index = 0; index < length; index++) {
      const unit = this.#view.getUint16(start + 2 * index, true)
      if (unit > highest) highest = unit
      text += String.fromCharCode(unit)
    }
    if (highest <= 0xff) throw damaged('a text is written too wide')
    return text
  }
}

import { MillraceError } from '@millrace/common'

/** Builds the error for bytes of a ledger that it did not write. */
export function damagedEntry(problem: string): MillraceError {
  return new MillraceError('MILL_JOURNAL_DAMAGED', `not a record of a ledger of experiments: ${problem}`)
}

const firstCapacity = 1024

/** Puts numbers and texts one after the other into memory that it uses again. Numbers are little-endian. */
export class EntryBytes {
  #bytes = Buffer.allocUnsafeSlow(firstCapacity)
  #view = viewOf(this.#bytes)
  #length = 0

  get length(): number {
    return this.#length
  }

  clear(): void {
    this.#length = 0
  }

  /** A copy of what is written. */
  copy(): Buffer {
    const copy = Buffer.allocUnsafeSlow(this.#length)
    this.#bytes.copy(copy, 0, 0, this.#length)
    return copy
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** An integer from 0 to 2^32 - 1 in four bytes. */
  word(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value, true)
    this.#length += 4
  }

  /** A tag and a hash, as three calls would write them. */
  tagged(tag: number, first: number, second: number): void {
    this.#reserve(9)
    const at = this.#length
    this.#bytes[at] = tag
    this.#view.setUint32(at + 1, first, true)
    this.#view.setUint32(at + 5, second, true)
    this.#length = at + 9
  }

  /** An integer from 0 to 2^53 - 1, seven bits a byte, the lowest first. */
  count(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 0x7f) {
      const high = Math.floor(rest / 0x80)
      this.#bytes[this.#length++] = (rest - high * 0x80) | 0x80
      rest = high
    }
    this.#bytes[this.#length++] = rest
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  words(words: Uint32Array): void {
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  bytes(bytes: Uint8Array): void {
    this.count(bytes.length)
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Well-formed text of at most 2^32 - 1 bytes. */
  text(text: string): void {
    const size = Buffer.byteLength(text)
    this.count(size)
    this.#reserve(size)
    this.#length += this.#bytes.write(text, this.#length)
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return
    const longer = Buffer.allocUnsafeSlow(Math.max(this.#length + more, 2 * this.#bytes.length))
    this.#bytes.copy(longer, 0, 0, this.#length)
    this.#bytes = longer
    this.#view = viewOf(longer)
  }
}

/** Reads what `EntryBytes` wrote. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export class EntryReader {
  readonly #bytes: Buffer
  #scratch = new Uint32Array(0)
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!
  }

  word(): number {
    return this.#bytes.readUInt32LE(this.#skip(4))
  }

  count(): number {
    let value = 0
    for (let factor = 1; factor <= 2 ** 49; factor *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (byte <= 0x7f) return value <= Number.MAX_SAFE_INTEGER ? value : this.#fail('a count is too large')
    }
    return this.#fail('a count does not end')
  }

  /** A number that is finite; others are not written. */
  double(): number {
    const value = this.#bytes.readDoubleLE(this.#skip(8))
    return Number.isFinite(value) ? value : this.#fail('a number is not finite')
  }

  text(): string {
    const size = this.count()
    const start = this.#skip(size)
    return this.#bytes.toString('utf8', start, start + size)
  }

  bytes(): Uint8Array {
    const size = this.count()
    const start = this.#skip(size)
    return this.#bytes.subarray(start, start + size)
  }

  /** The next words, in memory that is used again by the next call. */
  words(count: number): Uint32Array {
    const start = this.#skip(4 * count)
    if (this.#scratch.length < count) this.#scratch = new Uint32Array(2 * count)
    new Uint8Array(this.#scratch.buffer).set(this.#bytes.subarray(start, start + 4 * count))
    return this.#scratch.subarray(0, count)
  }

  #skip(size: number): number {
    const start = this.#at
    if (size > this.#bytes.length - start) this.#fail('it ends too early')
    this.#at = start + size
    return start
  }

  #fail(problem: string): never {
    throw damagedEntry(problem)
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

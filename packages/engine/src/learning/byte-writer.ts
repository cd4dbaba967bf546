/** Writes numbers and texts one after the other into memory that it uses again. */
export class ByteWriter {
  #bytes = new Uint8Array(256)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  /** How much is written. */
  get length(): number {
    return this.#length
  }

  /** Bytes of the memory in use. */
  get capacity(): number {
    return this.#bytes.length
  }

  /** Begin anew. */
  clear(): void {
    this.#length = 0
  }

  /** A copy of what is written from `start` on. */
  copy(start = 0): Uint8Array {
    return this.#bytes.slice(start, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** An integer from 0 to 2^32 - 1, seven bits a byte, the lowest first. */
  count(value: number): void {
    this.#reserve(5)
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#length++] = rest
  }

  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  /**
   * Twice the length, plus 1 for wide; then the UTF-16 code units, one byte each where all are below 256, else two. So
   * every text survives, half a surrogate pair too, and is written in one way only.
   */
  text(text: string): void {
    this.#reserve(2 * text.length + 5)
    const start = this.#length
    this.count(2 * text.length)
    const bytes = this.#bytes
    let at = this.#length
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0xff) {
        this.#length = start
        this.#wide(text)
        return
      }
      bytes[at++] = unit
    }
    this.#length = at
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  #wide(text: string): void {
    this.count(2 * text.length + 1)
    for (let index = 0; index < text.length; index++) {
      this.#view.setUint16(this.#length + 2 * index, text.charCodeAt(index), true)
    }
    this.#length += 2 * text.length
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed <= this.#bytes.length) return
    const longer = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
    longer.set(this.#bytes)
    this.#bytes = longer
    this.#view = new DataView(longer.buffer)
  }
}

/** A set of whole numbers that are close to each other; one bit a number between the first and the largest. */
export class SequenceSet {
  readonly #first: number
  #bits = new Uint8Array(1024)

  /** @param first no number in it is smaller */
  constructor(first: number) {
    this.#first = first
  }

  add(sequence: number): void {
    const index = sequence - this.#first
    const byte = Math.floor(index / 8)
    if (byte >= this.#bits.length) this.#grow(byte + 1)
    this.#bits[byte]! |= 1 << (index % 8)
  }

  has(sequence: number): boolean {
    const index = sequence - this.#first
    return ((this.#bits[Math.floor(index / 8)] ?? 0) & (1 << (index % 8))) !== 0
  }

  #grow(least: number): void {
    const bits = new Uint8Array(Math.max(least, 2 * this.#bits.length))
    bits.set(this.#bits)
    this.#bits = bits
  }
}

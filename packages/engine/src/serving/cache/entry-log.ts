import { alignment, type Memory, memoryOf } from './memory.ts'

/** Pieces that the memory is taken in. */
export const chunkCount = 8

/** In place of a length: the rest of the chunk holds nothing. */
const nothingMore = 0

/**
 * Entries one after the other, oldest first, in memory that is taken when it is first needed and then used again and
 * again: what is oldest has to go before something new comes. An entry begins with its length, as 32 bits; its place is a
 * number for its 8 bytes, below 2^32 for up to 32 GiB. No entry lies in two chunks. Everything costs O(1), and O(bytes)
 * what is moved.
 */
export class EntryLog {
  readonly #chunkBytes: number
  readonly #chunks: Memory[] = []
  /** Bytes that were ever written, and those of them that are gone. */
  #head = 0
  #tail = 0

  /** @param chunkBytes largest entry, a multiple of {@link alignment} */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes
  }

  /** Bytes of memory that were ever used. */
  get usedBytes(): number {
    return Math.min(this.#head, chunkCount * this.#chunkBytes)
  }

  /** Whether an entry can be added without one going before. */
  hasRoom(bytes: number): boolean {
    return this.#head - this.#tail + this.#needed(bytes) <= chunkCount * this.#chunkBytes
  }

  /**
   * Add an entry, for which there must be room.
   * @param bytes its length, a multiple of {@link alignment}
   * @returns its place; all but the length is for the caller to write
   */
  add(bytes: number): number {
    const place = this.#placeFor(bytes)
    this.memory(place).view.setUint32(this.offset(place), bytes)
    return place
  }

  /** The place of the oldest entry, of which there must be one. */
  oldest(): number {
    if (this.lengthAt(this.#placeOf(this.#tail)) === nothingMore) this.#tail += this.#leftAt(this.#tail)
    return this.#placeOf(this.#tail)
  }

  dropOldest(): void {
    this.#tail += this.lengthAt(this.oldest())
  }

  /**
   * Make the oldest entry the newest. There is always room: either the end of the log is before it in the same chunk,
   * where it fits, or that chunk begins after the end, and nothing is before it there.
   * @returns its new place
   */
  renewOldest(): number {
    const from = this.oldest()
    const bytes = this.lengthAt(from)
    const entry = this.memory(from).bytes.subarray(this.offset(from), this.offset(from) + bytes)
    this.#tail += bytes
    const to = this.#placeFor(bytes)
    this.memory(to).bytes.set(entry, this.offset(to))
    return to
  }

  lengthAt(place: number): number {
    return this.memory(place).view.getUint32(this.offset(place))
  }

  /** The memory that an entry lies in. */
  memory(place: number): Memory {
    return this.#chunks[Math.floor((place * alignment) / this.#chunkBytes)]!
  }

  /** Where it begins there. */
  offset(place: number): number {
    return (place * alignment) % this.#chunkBytes
  }

  #placeFor(bytes: number): number {
    const left = this.#leftAt(this.#head)
    if (bytes > left) this.#skip(left)
    const place = this.#placeOf(this.#head)
    if (this.memory(place) === undefined) this.#chunks.push(memoryOf(new ArrayBuffer(this.#chunkBytes)))
    this.#head += bytes
    return place
  }

  /** Leave the rest of a chunk alone. No entry that is being moved can lie there: it would fit. */
  #skip(left: number): void {
    const place = this.#placeOf(this.#head)
    this.memory(place).view.setUint32(this.offset(place), nothingMore)
    this.#head += left
  }

  /** Bytes that an entry would take, with those before the end of a chunk that it does not fit into. */
  #needed(bytes: number): number {
    const left = this.#leftAt(this.#head)
    return bytes <= left ? bytes : left + bytes
  }

  /** Bytes of a chunk from some point on. */
  #leftAt(at: number): number {
    return this.#chunkBytes - (at % this.#chunkBytes)
  }

  #placeOf(at: number): number {
    return (at % (chunkCount * this.#chunkBytes)) / alignment
  }
}

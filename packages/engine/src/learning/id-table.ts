import type { Hash128 } from './murmur-hash.ts'

/** Finds positions by a hash of 128 bits. Open addressing with linear probing; 16 bytes a position and 6 to 12 more. */
export class IdTable {
  /** Four words a position. */
  readonly #hashes: Int32Array
  /** 1 + position; 0 is free. Its length is a power of two, at least 1.5 times the positions. */
  readonly #places: Int32Array
  readonly #mask: number

  /** @param capacity how many positions there are, integer >= 0 */
  constructor(capacity: number) {
    this.#hashes = new Int32Array(4 * capacity)
    this.#places = new Int32Array(placesFor(capacity))
    this.#mask = this.#places.length - 1
  }

  get memoryBytes(): number {
    return this.#hashes.byteLength + this.#places.byteLength
  }

  /** What `memoryBytes` is for a capacity. */
  static bytesFor(capacity: number): number {
    return 16 * capacity + 4 * placesFor(capacity)
  }

  /** The position of a hash; -1 when there is none. */
  find(hash: Hash128): number {
    return this.#places[this.#placeOf(hash)]! - 1
  }

  /** Give a hash that is not there a position that has none. */
  put(position: number, hash: Hash128): void {
    this.#places[this.#placeOf(hash)] = position + 1
    this.#hashes.set(hash, 4 * position)
  }

  /** Write the hash of a position to `hash`. */
  read(position: number, hash: Hash128): void {
    for (let word = 0; word < 4; word++) hash[word] = this.#hashes[4 * position + word]!
  }

  /** Take the hash of a position away, moving those behind it up so that each is still found from its own place on. */
  remove(position: number): void {
    const places = this.#places
    const mask = this.#mask
    let free = this.#home(position)
    while (places[free] !== position + 1) free = (free + 1) & mask
    for (let place = (free + 1) & mask; places[place] !== 0; place = (place + 1) & mask) {
      const home = this.#home(places[place]! - 1)
      if (((place - home) & mask) < ((place - free) & mask)) continue
      places[free] = places[place]!
      free = place
    }
    places[free] = 0
  }

  #home(position: number): number {
    return this.#hashes[4 * position]! & this.#mask
  }

  /** Where a hash stands, or would. */
  #placeOf(hash: Hash128): number {
    let place = hash[0]! & this.#mask
    while (this.#places[place] !== 0 && !this.#isAt(this.#places[place]! - 1, hash)) place = (place + 1) & this.#mask
    return place
  }

  #isAt(position: number, hash: Hash128): boolean {
    const hashes = this.#hashes
    const at = 4 * position
    return (
      hashes[at] === hash[0] && hashes[at + 1] === hash[1] && hashes[at + 2] === hash[2] && hashes[at + 3] === hash[3]
    )
  }
}

function placesFor(capacity: number): number {
  return 2 ** Math.ceil(Math.log2(1.5 * capacity + 1))
}

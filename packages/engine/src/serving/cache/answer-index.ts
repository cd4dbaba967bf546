/** Bytes that a place in the index takes. */
export const placeBytes = 8

/** Of all places, so many are in use at most: with more of them, looking something up would take many steps. */
const mostInUse = 3 / 4

/**
 * Where things are, by 32 bits of their keys; whose key it is, the caller compares. A hash table in an array of
 * numbers, of one size for ever: no objects for the garbage collector, and no moment at which it is built anew. Some 3
 * steps for what is there and 9 for what is not when it is full, with linear probing.
 * @see Knuth, "The Art of Computer Programming", volume 3, section 6.4, algorithms L and R
 */
export class AnswerIndex {
  readonly #places: number
  /** For each place the tag and then the value plus 1, or 0 if it is free: side by side, as both are read together. */
  readonly #cells: Uint32Array
  readonly #most: number
  #size = 0

  /** @param places at least 2 */
  constructor(places: number) {
    this.#places = places
    this.#cells = new Uint32Array(2 * places)
    this.#most = Math.floor(places * mostInUse)
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size >= this.#most
  }

  get bytes(): number {
    return this.#cells.byteLength
  }

  /** The first place that has this tag; -1 for none. */
  first(tag: number): number {
    return this.#search(tag, tag % this.#places)
  }

  /** The next one after that; -1 for none. */
  next(tag: number, place: number): number {
    return this.#search(tag, this.#after(place))
  }

  value(place: number): number {
    return this.#cells[2 * place + 1]! - 1
  }

  replace(place: number, value: number): void {
    this.#cells[2 * place + 1] = value + 1
  }

  /** @param value below 2^32 - 1. It must not be full. */
  add(tag: number, value: number): void {
    let place = tag % this.#places
    while (this.#cells[2 * place + 1] !== 0) place = this.#after(place)
    this.#cells[2 * place] = tag
    this.#cells[2 * place + 1] = value + 1
    this.#size++
  }

  /** Free a place; others move, so that none is found any later for it. */
  remove(place: number): void {
    const cells = this.#cells
    let hole = place
    for (let next = this.#after(place); cells[2 * next + 1] !== 0; next = this.#after(next)) {
      if (this.#steps(cells[2 * next]! % this.#places, next) < this.#steps(hole, next)) continue
      cells[2 * hole] = cells[2 * next]!
      cells[2 * hole + 1] = cells[2 * next + 1]!
      hole = next
    }
    cells[2 * hole + 1] = 0
    this.#size--
  }

  #search(tag: number, from: number): number {
    const cells = this.#cells
    let place = from
    while (cells[2 * place + 1] !== 0) {
      if (cells[2 * place] === tag) return place
      place = this.#after(place)
    }
    return -1
  }

  #after(place: number): number {
    return place + 1 === this.#places ? 0 : place + 1
  }

  /** Steps from one place to another, forwards. */
  #steps(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#places
  }
}

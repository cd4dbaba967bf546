/** Bytes that a place in the index takes. */
export const placeBytes = 8

/** Of all places, so many are in use at most: with more of them, looking something up would take many steps. */
const mostInUse = 3 / 4

/**
 * Where things are, by 32 bits of their keys; whose key it is, the caller compares. A hash table in two arrays of
 * numbers, of one size for ever: no objects for the garbage collector, and no moment at which it is built anew. Some 3
 * steps for what is there and 9 for what is not when it is full, with linear probing.
 * @see Knuth, "The Art of Computer Programming", volume 3, section 6.4, algorithms L and R
 */
export class AnswerIndex {
  readonly #tags: Uint32Array
  /** What was added, plus 1; 0 for a free place. */
  readonly #values: Uint32Array
  readonly #most: number
  #size = 0

  /** @param places at least 2 */
  constructor(places: number) {
    this.#tags = new Uint32Array(places)
    this.#values = new Uint32Array(places)
    this.#most = Math.floor(places * mostInUse)
  }

  get size(): number {
    return this.#size
  }

  get isFull(): boolean {
    return this.#size >= this.#most
  }

  get bytes(): number {
    return placeBytes * this.#tags.length
  }

  /** The first place that has this tag; -1 for none. */
  first(tag: number): number {
    return this.#search(tag, tag % this.#tags.length)
  }

  /** The next one after that; -1 for none. */
  next(tag: number, place: number): number {
    return this.#search(tag, this.#after(place))
  }

  value(place: number): number {
    return this.#values[place]! - 1
  }

  replace(place: number, value: number): void {
    this.#values[place] = value + 1
  }

  /** @param value below 2^32 - 1. It must not be full. */
  add(tag: number, value: number): void {
    let place = tag % this.#tags.length
    while (this.#values[place] !== 0) place = this.#after(place)
    this.#tags[place] = tag
    this.#values[place] = value + 1
    this.#size++
  }

  /** Free a place; others move, so that none is found any later for it. */
  remove(place: number): void {
    const [tags, values] = [this.#tags, this.#values]
    let hole = place
    for (let next = this.#after(place); values[next] !== 0; next = this.#after(next)) {
      if (this.#steps(tags[next]! % tags.length, next) < this.#steps(hole, next)) continue
      tags[hole] = tags[next]!
      values[hole] = values[next]!
      hole = next
    }
    values[hole] = 0
    this.#size--
  }

  #search(tag: number, from: number): number {
    const [tags, values] = [this.#tags, this.#values]
    for (let place = from; values[place] !== 0; place = this.#after(place)) if (tags[place] === tag) return place
    return -1
  }

  #after(place: number): number {
    return place + 1 === this.#tags.length ? 0 : place + 1
  }

  /** Steps from one place to another, forwards. */
  #steps(from: number, to: number): number {
    return to >= from ? to - from : to - from + this.#tags.length
  }
}

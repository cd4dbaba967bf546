import { BoxIndex, indexSize } from './box-index.ts'
import { arraySize } from './memory-size.ts'
import { RowWindow, windowSize } from './row-window.ts'

/** Bytes of the objects. */
const fixedSize = 300

/**
 * The stored rows nearest to a query, exactly: those that comparing with every row would find, in order of Euclidean
 * distance and, at the same distance, oldest first. The distance is the root of the squared differences summed in slot
 * order, rounded as doubles are; two rows whose roots round to the same number are at the same distance.
 *
 * A search guesses a radius from the searches before it, looks at the rows in the box of that radius, and looks again
 * with a larger one when the box may have missed a neighbour. The guess changes the time, never the answer.
 */
export class ExactNeighbors {
  readonly window: RowWindow
  /** Distances of the rows found, ascending. */
  readonly distances: Float64Array
  /** Positions in the window of the rows found, nearest first. */
  readonly positions: Int32Array
  readonly #index: BoxIndex
  #found = 0
  #guess = Infinity

  /** @param limit rows the window holds at most @param wanted rows a search finds at most */
  constructor(limit: number, wanted: number) {
    this.window = new RowWindow(limit)
    this.distances = new Float64Array(wanted)
    this.positions = new Int32Array(wanted)
    this.#index = new BoxIndex(this.window)
  }

  /** Bytes of all it takes at present. */
  get ownBytes(): number {
    return this.bytesFor(this.window.capacity, this.window.width)
  }

  /** Bytes of all it takes with room for so many rows of `width` values. */
  bytesFor(rows: number, width: number): number {
    const found = arraySize(this.distances.byteLength) + arraySize(this.positions.byteLength)
    return fixedSize + found + windowSize(rows, width) + indexSize(rows, width)
  }

  /** Give every row `width` values, the new ones 0, and hold at most `limit` rows, of those held the last. */
  reshape(width: number, limit: number): void {
    this.window.reshape(width, limit)
    this.#index.rebuild()
  }

  /** Store a row of `window.width` values, in place of the oldest when the window is full. */
  add(row: Float64Array, target: number): void {
    this.#index.put(this.window.push(row, target))
  }

  /**
   * Find the rows nearest to `query` and leave them in `distances` and `positions`.
   * @param query `window.width` values
   * @param beyond sum of the squares of the query's values of which no row has any
   * @returns how many were found: as many as wanted, or all there are
   */
  nearest(query: Float64Array, beyond: number): number {
    const wanted = Math.min(this.distances.length, this.window.size)
    if (wanted === 0) return 0
    if (wanted === this.window.size) {
      this.#search(query, beyond, Infinity)
      return wanted
    }
    this.#search(query, beyond, this.#guess)
    const isHit = this.#isComplete(wanted, this.#guess)
    if (!isHit) this.#searchWider(query, beyond, wanted)
    this.#guess = nextGuess(this.#guess, this.distances[wanted - 1]!, isHit)
    return wanted
  }

  /** Is any row at a distance of at most `radius` from `query`? Overwrites what `nearest` found. */
  hasWithin(query: Float64Array, radius: number): boolean {
    this.#search(query, 0, radius)
    return this.#found > 0 && this.distances[0]! <= radius
  }

  #isComplete(wanted: number, radius: number): boolean {
    return this.#found === wanted && this.distances[wanted - 1]! <= radius
  }

  /** The box of the guessed radius has missed a neighbour, or may have. */
  #searchWider(query: Float64Array, beyond: number, wanted: number): void {
    let reached = this.#guess
    if (this.#found < wanted) {
      reached *= 2
      this.#search(query, beyond, reached)
    }
    if (this.#isComplete(wanted, reached)) return
    // Either the rows found tell a radius that holds all neighbours, or there are too few: then look at all rows.
    this.#search(query, beyond, this.#found < wanted ? Infinity : this.distances[wanted - 1]!)
  }

  /** Find the nearest of the rows in the box that reaches `radius` each way. */
  #search(query: Float64Array, beyond: number, radius: number): void {
    const { values, width } = this.window
    const selected = this.#index.select(query, radius)
    const last = this.distances.length - 1
    let bound = Infinity
    this.#found = 0
    for (let word = 0; word < selected.length; word++) {
      for (let bits = selected[word]!; bits !== 0; bits &= bits - 1) {
        const position = (word << 5) + 31 - Math.clz32(bits & -bits)
        const square = squaredDistance(query, values, position * width, width, bound) + beyond
        if (square > bound) continue
        this.#offer(Math.sqrt(square), position)
        if (this.#found > last) bound = squareBound(this.distances[last]!)
      }
    }
  }

  #offer(distance: number, position: number): void {
    const { distances, positions } = this
    if (this.#found === distances.length && !this.#isBefore(distance, position, this.#found - 1)) return
    let place = this.#found < distances.length ? this.#found++ : this.#found - 1
    for (; place > 0 && this.#isBefore(distance, position, place - 1); place--) {
      distances[place] = distances[place - 1]!
      positions[place] = positions[place - 1]!
    }
    distances[place] = distance
    positions[place] = position
  }

  #isBefore(distance: number, position: number, place: number): boolean {
    const other = this.distances[place]!
    if (distance !== other) return distance < other
    return this.window.rank(position) < this.window.rank(this.positions[place]!)
  }
}

/** Features summed between two looks at the bound: so many that a wrong guess of the processor costs little. */
const stride = 16

/**
 * Sum of the squared differences of the query from the row that begins at `start`; once it is above `bound`, maybe only
 * of the first ones. The innermost loop, hence five plain parameters.
 */
function squaredDistance(
  query: Float64Array,
  values: Float64Array,
  start: number,
  width: number,
  bound: number
): number {
  let sum = 0
  for (let slot = 0; slot < width && sum <= bound;) {
    const end = Math.min(slot + stride, width)
    for (; slot < end; slot++) {
      const difference = query[slot]! - values[start + slot]!
      sum += difference * difference
    }
  }
  return sum
}

/** A number such that every larger double has a root that rounds to more than `distance`. */
function squareBound(distance: number): number {
  return distance * distance * (1 + 1e-15) + 1e-300
}

/** The radius to try next: mostly a little more than needed, soon right again after a change of scale. */
function nextGuess(guess: number, needed: number, isHit: boolean): number {
  if (guess === Infinity) return 2 * needed
  if (isHit) return Math.max(0.5 * guess, Math.min(0.97 * guess, 4 * needed))
  return Math.min(needed, Math.max(1.1 * guess, 0.25 * needed))
}

/**
 * The last rows of a stream with their targets: a ring of at most `limit` rows, row-major, where a feature a row does
 * not have is 0. Memory O(rows held · names), never more than `limit` rows.
 */
export class RowWindow {
  readonly limit: number
  /** Row-major: feature `slot` of the row at `position` is `values[position * width + slot]`. */
  values: Float64Array = new Float64Array(0)
  targets: Float64Array = new Float64Array(0)
  #width = 0
  #size = 0
  #next = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Features of each row. */
  get width(): number {
    return this.#width
  }

  /** Rows held. */
  get size(): number {
    return this.#size
  }

  /** Rows that have room before the arrays must grow. */
  get capacity(): number {
    return this.targets.length
  }

  /** Give every row `width` features, the new ones 0. */
  widen(width: number): void {
    const wider = new Float64Array(this.capacity * width)
    for (let position = 0; position < this.#size; position++) {
      const start = position * this.#width
      wider.set(this.values.subarray(start, start + this.#width), position * width)
    }
    this.values = wider
    this.#width = width
  }

  /** Keep the first `width` entries of `row`, in place of the oldest row when full. Returns where it stands. */
  push(row: Float64Array, target: number): number {
    const position = this.#next
    this.#reserve(position + 1)
    const start = position * this.#width
    for (let slot = 0; slot < this.#width; slot++) this.values[start + slot] = row[slot]!
    this.targets[position] = target
    if (this.#size < this.limit) this.#size++
    this.#next = position + 1 === this.limit ? 0 : position + 1
    return position
  }

  /** How many rows of the window are older than the row at `position`. */
  rank(position: number): number {
    return position < this.#next ? position - this.#next + this.#size : position - this.#next
  }

  /** All values, oldest row first. */
  oldestFirst(): { values: Float64Array; targets: Float64Array } {
    return { values: this.#rotated(this.values, this.#width), targets: this.#rotated(this.targets, 1) }
  }

  #rotated(array: Float64Array, width: number): Float64Array {
    const oldest = this.#size < this.limit ? 0 : this.#next
    const rotated = new Float64Array(this.#size * width)
    rotated.set(array.subarray(oldest * width, this.#size * width))
    rotated.set(array.subarray(0, oldest * width), (this.#size - oldest) * width)
    return rotated
  }

  #reserve(rows: number): void {
    if (rows <= this.capacity) return
    const capacity = Math.min(this.limit, Math.max(32, 2 * this.capacity))
    this.targets = resized(this.targets, capacity)
    this.values = resized(this.values, capacity * this.#width)
  }
}

function resized(array: Float64Array, length: number): Float64Array {
  const longer = new Float64Array(length)
  longer.set(array)
  return longer
}

import { arraySize } from './memory-size.ts'
import { resized } from './row.ts'

/**
 * The last rows of a stream with their targets: a ring of at most `limit` rows, row-major, where a feature a row does
 * not have is 0. Memory O(rows held · names), never more than `limit` rows.
 */
export class RowWindow {
  #limit: number
  /** Row-major: feature `slot` of the row at `position` is `values[position * width + slot]`. */
  values: Float64Array = new Float64Array(0)
  targets: Float64Array = new Float64Array(0)
  #width = 0
  #size = 0
  #next = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** How many rows it holds at most. */
  get limit(): number {
    return this.#limit
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

  /**
   * Give every row `width` features, at least as many as now, the new ones 0, and hold at most `limit` rows: of those
   * held, the last. Throws for want of memory, with the window as it was.
   */
  reshape(width: number, limit: number): void {
    const rows = this.oldestFirst()
    const size = Math.min(this.#size, limit)
    const dropped = this.#size - size
    const capacity = Math.min(limit, Math.max(this.capacity, size))
    const targets = new Float64Array(capacity)
    const values = new Float64Array(capacity * width)
    targets.set(rows.targets.subarray(dropped))
    for (let position = 0; position < size; position++) {
      const start = (dropped + position) * this.#width
      values.set(rows.values.subarray(start, start + this.#width), position * width)
    }
    this.targets = targets
    this.values = values
    this.#width = width
    this.#limit = limit
    this.#size = size
    this.#next = size === limit ? 0 : size
  }

  /** Keep the first `width` entries of `row`, in place of the oldest row when full. Returns where it stands. */
  push(row: Float64Array, target: number): number {
    const position = this.#next
    this.#reserve(position + 1)
    const start = position * this.#width
    for (let slot = 0; slot < this.#width; slot++) this.values[start + slot] = row[slot]!
    this.targets[position] = target
    if (this.#size < this.#limit) this.#size++
    this.#next = position + 1 === this.#limit ? 0 : position + 1
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
    const oldest = this.#size < this.#limit ? 0 : this.#next
    const rotated = new Float64Array(this.#size * width)
    rotated.set(array.subarray(oldest * width, this.#size * width))
    rotated.set(array.subarray(0, oldest * width), (this.#size - oldest) * width)
    return rotated
  }

  #reserve(rows: number): void {
    if (rows <= this.capacity) return
    const capacity = Math.min(this.#limit, Math.max(32, 2 * this.capacity))
    this.targets = resized(this.targets, capacity)
    this.values = resized(this.values, capacity * this.#width)
  }
}

/** Bytes of the numbers of a window that has room for so many rows of `width` features. */
export function windowSize(rows: number, width: number): number {
  return arraySize(8 * rows * width) + arraySize(8 * rows)
}

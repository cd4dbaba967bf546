import { arraySize } from './memory-size.ts'
import type { RowWindow } from './row-window.ts'

/** Cells each feature's axis is cut into; a power of two. */
const cells = 32
/** The cell of a row that is not there. */
const nowhere = cells
/** Rows looked at to choose where an axis is cut. */
const sampleSize = 128

/**
 * Finds the rows of a window that lie in a box, so that a search need not look at all rows. Each feature's axis is cut
 * into cells that held about equally many rows when the cuts were last chosen; for each cell there is a bitmap of the
 * rows in it or in a lower one. The rows between two cells are two bitmaps combined, the rows in a box those of all its
 * features, 32 rows an operation. The cuts follow the stream: adding a row now and then renews those of one feature.
 *
 * Time of a query O(features · rows / 32); memory about 5 bytes for each value of the window.
 * @see Chan and Ioannidis, "Bitmap Index Design and Evaluation", SIGMOD 1998 (range-encoded bitmaps).
 */
export class BoxIndex {
  readonly #window: RowWindow
  #width = 0
  #capacity = 0
  #words = 0
  /** Which positions hold a row. */
  #present = new Int32Array(0)
  /** For each feature, then cell: bit `position` is set when that row is in this cell or a lower one. */
  #bitmaps = new Int32Array(0)
  /** For each feature: the lower ends of all cells but the first, ascending. */
  #cuts = new Float64Array(0)
  /** For each position, then feature: the row's cell. */
  #cellOf = new Uint8Array(0)
  #selected = new Int32Array(0)
  readonly #sample = new Float64Array(sampleSize)
  #rowsUntilRenewal = 0
  #renewNext = 0

  constructor(window: RowWindow) {
    this.#window = window
  }

  /** Make everything again, because the window's rows became wider or their room larger. */
  rebuild(): void {
    const { width, capacity, size } = this.#window
    this.#width = width
    this.#capacity = capacity
    this.#words = (capacity + 31) >>> 5
    this.#present = new Int32Array(this.#words)
    this.#selected = new Int32Array(this.#words)
    this.#bitmaps = new Int32Array(width * cells * this.#words)
    this.#cuts = new Float64Array(width * (cells - 1))
    this.#cellOf = new Uint8Array(capacity * width).fill(nowhere)
    for (let position = 0; position < size; position++) this.#markPresent(position)
    for (let feature = 0; feature < width; feature++) this.#renew(feature)
  }

  /** The window's row at `position` is new or another one. */
  put(position: number): void {
    if (this.#window.capacity !== this.#capacity || this.#window.width !== this.#width) {
      this.rebuild()
      return
    }
    this.#markPresent(position)
    const start = position * this.#width
    for (let feature = 0; feature < this.#width; feature++) {
      const cell = this.#cell(feature, this.#window.values[start + feature]!)
      this.#move(feature, position, this.#cellOf[start + feature]!, cell)
      this.#cellOf[start + feature] = cell
    }
    if (--this.#rowsUntilRenewal < 0) this.#renewOne()
  }

  /**
   * A bitmap of positions: every row whose distance from `centre`, as computed in doubles, is at most `radius`, and some
   * that are farther. Valid until the next call.
   */
  select(centre: Float64Array, radius: number): Int32Array {
    const selected = this.#selected
    selected.set(this.#present)
    // Farther off than any rounding, also of squares too small for a double.
    const reach = radius * (1 + 1e-9) + 1e-150
    for (let feature = 0; feature < this.#width; feature++) {
      const lowest = this.#cell(feature, centre[feature]! - reach)
      const highest = this.#cell(feature, centre[feature]! + reach)
      this.#keepBetween(feature, lowest, highest)
    }
    return selected
  }

  #keepBetween(feature: number, lowest: number, highest: number): void {
    const selected = this.#selected
    const bitmaps = this.#bitmaps
    const words = this.#words
    const upTo = (feature * cells + highest) * words
    const below = (feature * cells + lowest - 1) * words
    if (lowest > 0)
      for (let word = 0; word < words; word++) selected[word]! &= bitmaps[upTo + word]! & ~bitmaps[below + word]!
    else if (highest < cells - 1) for (let word = 0; word < words; word++) selected[word]! &= bitmaps[upTo + word]!
  }

  /** How many cuts of the feature are at or below `value`. */
  #cell(feature: number, value: number): number {
    const cuts = this.#cuts
    const before = feature * (cells - 1) - 1
    let cell = 0
    for (let step = cells >>> 1; step > 0; step >>>= 1) if (cuts[before + cell + step]! <= value) cell += step
    return cell
  }

  #move(feature: number, position: number, from: number, to: number): void {
    const bitmaps = this.#bitmaps
    const bit = 1 << (position & 31)
    const first = feature * cells * this.#words + (position >>> 5)
    for (let cell = to; cell < from; cell++) bitmaps[first + cell * this.#words]! |= bit
    for (let cell = from; cell < to; cell++) bitmaps[first + cell * this.#words]! &= ~bit
  }

  #markPresent(position: number): void {
    this.#present[position >>> 5]! |= 1 << (position & 31)
  }

  /** Renews each feature twice while the rows of the window are replaced once. */
  #renewOne(): void {
    if (this.#width === 0) return
    this.#renewNext = (this.#renewNext + 1) % this.#width
    this.#renew(this.#renewNext)
    this.#rowsUntilRenewal = this.#window.size / (2 * this.#width)
  }

  #renew(feature: number): void {
    const { values, width, size } = this.#window
    this.#chooseCuts(feature)
    const words = this.#words
    const first = feature * cells * words
    const bitmaps = this.#bitmaps
    bitmaps.fill(0, first, first + cells * words)
    for (let position = 0; position < size; position++) {
      const cell = this.#cell(feature, values[position * width + feature]!)
      this.#cellOf[position * width + feature] = cell
      bitmaps[first + cell * words + (position >>> 5)]! |= 1 << (position & 31)
    }
    for (let word = first + words; word < first + cells * words; word++) bitmaps[word]! |= bitmaps[word - words]!
  }

  #chooseCuts(feature: number): void {
    const { values, width, size } = this.#window
    const count = Math.min(size, sampleSize)
    const sample = this.#sample.subarray(0, count)
    for (let index = 0; index < count; index++) {
      sample[index] = values[Math.floor((index * size) / count) * width + feature]!
    }
    sample.sort()
    const first = feature * (cells - 1)
    for (let cell = 1; cell < cells; cell++) this.#cuts[first + cell - 1] = sample[Math.floor((cell * count) / cells)]!
  }
}

/** Bytes of the arrays of an index of a window that has room for so many rows of `width` features. */
export function indexSize(rows: number, width: number): number {
  const words = (rows + 31) >>> 5
  const bitmaps = arraySize(4 * width * cells * words) + 2 * arraySize(4 * words)
  return bitmaps + arraySize(8 * width * (cells - 1)) + arraySize(rows * width) + arraySize(8 * sampleSize)
}

import { arraySize, listSize, roomFor, textSize } from './memory-size.ts'

/** Which slots an observation's values stand in; shared by all observations with the same names in the same order. */
export interface Layout {
  /** The names as the observation had them. */
  readonly keys: readonly string[]
  /** Slot of each value of the row, ascending; the slots from `namesSize` on are names not yet known. */
  readonly slots: Int32Array
  /** Where in the row the value of `keys[i]` stands. */
  readonly positions: Int32Array
  /** How many of the slots, counted from the front, are known names. */
  readonly known: number
  /** How many names were known when the layout was made. */
  readonly namesSize: number
  /** Bytes of the texts of the names not known. */
  readonly unknownBytes: number
}

/** Unknown names that a layout may have to be kept for the next observation, and the bytes of their texts. */
const mostUnknown = 32
const mostUnknownBytes = 2048

/** Sorts the slots of `keys`, so that nothing computed from a row depends on the order of its names. */
export function rowLayout(keys: readonly string[], slots: readonly number[], namesSize: number): Layout {
  const order = slots.map((_, index) => index).toSorted((a, b) => slots[a]! - slots[b]!)
  const positions = new Int32Array(keys.length)
  const sorted = new Int32Array(keys.length)
  let known = 0
  let unknownBytes = 0
  for (const [position, index] of order.entries()) {
    positions[index] = position
    sorted[position] = slots[index]!
    if (slots[index]! < namesSize) known++
    else unknownBytes += textSize(keys[index]!)
  }
  return { keys, slots: sorted, positions, known, namesSize, unknownBytes }
}

/** The layout of an observation without features. */
export const emptyLayout: Layout = rowLayout([], [], 0)

/**
 * May models keep the layout, and a row of it? Not with many names they do not know: anybody could fill the memory with
 * them by asking for predictions.
 */
export function isKept(layout: Layout): boolean {
  return layout.keys.length - layout.known <= mostUnknown && layout.unknownBytes <= mostUnknownBytes
}

/** Bytes of a layout, without the texts of the names known. */
export function layoutSize(layout: Layout): number {
  return layout === emptyLayout ? 0 : sizeOfLayout(layout.keys.length) + layout.unknownBytes
}

/** The most bytes of a layout that may be kept while so many names are known. */
export function largestLayout(names: number): number {
  return sizeOfLayout(roomFor(names) + mostUnknown) + mostUnknownBytes
}

function sizeOfLayout(keys: number): number {
  return 72 + listSize(keys) + 2 * arraySize(4 * keys)
}

/** One observation inside a model: values in ascending slot order. Models own their rows and use them again. */
export class Row {
  layout: Layout = emptyLayout
  /** The values; entries from `layout.slots.length` on are left over from earlier rows. */
  values: Float64Array = new Float64Array(8)

  useLayout(layout: Layout): void {
    this.layout = layout
    this.reserve(layout.slots.length)
  }

  /** Make room for so many values; may lose those that are there. */
  reserve(length: number): void {
    if (this.values.length < length) this.values = new Float64Array(roomFor(length))
  }

  /** Forget the row, and the memory it took. */
  clear(): void {
    this.layout = emptyLayout
    this.values = new Float64Array(8)
  }

  /** Bytes of the row without its layout. */
  get ownBytes(): number {
    return rowObject + arraySize(this.values.byteLength)
  }
}

const rowObject = 40

/** Bytes of a row that has never been used. */
export const unusedRow: number = rowObject + arraySize(64)

/** The most bytes of a row that may be kept while so many names are known, without its layout. */
export function largestRow(names: number): number {
  return rowObject + arraySize(8 * roomFor(names + mostUnknown))
}

/** `array` when it has `length` entries, or a copy that has: cut off, or with zeros behind. */
export function resized(array: Float64Array, length: number): Float64Array {
  if (array.length === length) return array
  const copy = new Float64Array(length)
  copy.set(array.subarray(0, length))
  return copy
}

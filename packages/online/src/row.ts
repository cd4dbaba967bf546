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
}

/** Sorts the slots of `keys`, so that nothing computed from a row depends on the order of its names. */
export function rowLayout(keys: readonly string[], slots: readonly number[], namesSize: number): Layout {
  const order = slots.map((_, index) => index).toSorted((a, b) => slots[a]! - slots[b]!)
  const positions = new Int32Array(keys.length)
  const sorted = new Int32Array(keys.length)
  let known = 0
  for (const [position, index] of order.entries()) {
    positions[index] = position
    sorted[position] = slots[index]!
    if (slots[index]! < namesSize) known++
  }
  return { keys, slots: sorted, positions, known, namesSize }
}

/** One observation inside a model: values in ascending slot order. Models own their rows and use them again. */
export class Row {
  layout: Layout = rowLayout([], [], 0)
  /** The values; entries from `layout.slots.length` on are left over from earlier rows. */
  values: Float64Array = new Float64Array(8)

  useLayout(layout: Layout): void {
    this.layout = layout
    if (this.values.length < layout.slots.length) this.values = new Float64Array(layout.slots.length * 2)
  }
}

/** `array`, or a longer copy of it with `fill` behind, so that index `length - 1` exists. Growth doubles. */
export function grown(array: Float64Array, length: number, fill = 0): Float64Array {
  if (array.length >= length) return array
  const longer = new Float64Array(Math.max(length, array.length * 2, 8))
  longer.set(array)
  if (fill !== 0) longer.fill(fill, array.length)
  return longer
}

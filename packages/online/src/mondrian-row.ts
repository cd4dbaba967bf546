import { arraySize } from './memory-size.ts'
import { emptyLayout, type Layout, layoutSize, type Row } from './row.ts'

/** One observation in the forms that the trees of a forest read it in. A forest owns one and uses it again. */
export class MondrianRow {
  /** How many features are present, of those the trees may know. */
  count = 0
  /** Slot of each present feature, ascending; entries from `count` on are not to be read. */
  slots: Int32Array = new Int32Array(0)
  /** Value of each present feature, beside its slot. */
  values: Float64Array = new Float64Array(0)
  /** Value of every slot; NaN where the feature is absent. */
  bySlot: Float64Array = new Float64Array(0)
  /** The present slots in the order of their names; only up to date after `loadToLearn`. */
  nameOrder: Int32Array = new Int32Array(0)
  #ordered: Layout = emptyLayout

  /** Bytes of it, without the layout that is counted elsewhere, and without the arrays of the row. */
  ownBytes(counted: Layout): number {
    const layout = this.#ordered === counted ? 0 : layoutSize(this.#ordered)
    return layout + arraySize(this.bySlot.byteLength) + arraySize(this.nameOrder.byteLength)
  }

  /** @param size slots from here on are unknown to the trees and left out */
  load(row: Row, size: number): void {
    const slots = row.layout.slots
    const values = row.values
    if (this.bySlot.length !== size) this.bySlot = new Float64Array(size)
    const bySlot = this.bySlot
    // The slots ascend, so this one stands here only if all before it are present.
    if (size > 0 && slots[size - 1] !== size - 1) bySlot.fill(Number.NaN)
    let count = 0
    for (; count < slots.length && slots[count]! < size; count++) bySlot[slots[count]!] = values[count]!
    this.slots = slots
    this.values = values
    this.count = count
  }

  /** The same for a row all of whose names are known. */
  loadToLearn(row: Row, size: number): void {
    this.load(row, size)
    const { layout } = row
    if (this.#ordered === layout) return
    const { keys, positions, slots } = layout
    const order = positions.map((_, index) => index).toSorted((a, b) => byCodePoint(keys[a]!, keys[b]!))
    this.nameOrder = order.map(index => slots[positions[index]!]!)
    this.#ordered = layout
  }
}

/** Python's order of strings. That of JavaScript differs above U+D7FF. */
function byCodePoint(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length)
  for (let index = 0; index < shorter; index++) {
    if (a.charCodeAt(index) !== b.charCodeAt(index)) return a.codePointAt(index)! - b.codePointAt(index)!
  }
  return a.length - b.length
}

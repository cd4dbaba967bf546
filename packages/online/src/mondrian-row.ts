import type { FeatureNames } from './feature-names.ts'
import type { Layout, Row } from './row.ts'

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
  #ordered: Layout | undefined

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

  /** All names of `row` are in `names`. */
  loadToLearn(row: Row, names: FeatureNames): void {
    this.load(row, names.size)
    if (this.#ordered === row.layout) return
    this.nameOrder = row.layout.slots.toSorted((a, b) => byCodePoint(names.name(a), names.name(b)))
    this.#ordered = row.layout
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

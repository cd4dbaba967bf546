import { recordLayout } from './mondrian-records.ts'
import type { MondrianRow } from './mondrian-row.ts'

// What a tree does with a single node, given by its offset.

// Constants of a module's own are faster than imported ones.
const { leftAt, featureAt, thresholdAt, shareAt, weightAt, subtreeAt, boxAt } = recordLayout
const logHalf = -Math.LN2
/** e^-40 added to 1, or to a log weight, which is never within ln 2 of 0, does not change a bit. */
const negligible = 40

/** The child of the branch `node` on the side of the row; without the split feature, the child of more weight. */
export function childOf(
  data: Float64Array,
  links: Int32Array,
  record: number,
  node: number,
  bySlot: Float64Array
): number {
  const left = links[2 * node + leftAt]!
  const value = bySlot[links[2 * node + featureAt]!]!
  const threshold = data[node + thresholdAt]!
  if (value <= threshold) return left
  const right = left + record
  if (value > threshold) return right
  return data[right + weightAt]! > data[left + weightAt]! ? right : left
}

/** How far the row lies outside the box of `node`, summed over its features; NaN if the box does not know one of them. */
export function extent(data: Float64Array, node: number, row: MondrianRow): number {
  const { slots, values, count } = row
  let doubled = 0
  for (let index = 0; index < count; index++) {
    const at = node + boxAt + 2 * slots[index]!
    const value = values[index]!
    const below = data[at]! - value
    const above = value - data[at + 1]!
    // d + |d| is exactly 2d or 0, without a branch that depends on the data.
    doubled += below + Math.abs(below) + (above + Math.abs(above))
  }
  return doubled / 2
}

/** The same over the features the box knows. */
export function knownExtent(data: Float64Array, node: number, row: MondrianRow): number {
  let sum = 0
  for (let index = 0; index < row.count; index++) sum += extension(data, node, row.slots[index]!, row.values[index]!)
  return sum
}

/** How far a value lies outside the bounds of one slot; 0 when the box does not know it. */
export function extension(data: Float64Array, node: number, slot: number, value: number): number {
  const lower = data[node + boxAt + 2 * slot]!
  const upper = data[node + boxAt + 2 * slot + 1]!
  if (value < lower) return lower - value
  return value > upper ? value - upper : 0
}

/** Widen the box of `node` by the row; a slot it does not know becomes a point. */
export function widen(data: Float64Array, node: number, row: MondrianRow): void {
  const { slots, values, count } = row
  for (let index = 0; index < count; index++) {
    const at = node + boxAt + 2 * slots[index]!
    const value = values[index]!
    if (!(data[at]! <= value)) data[at] = value
    if (!(data[at + 1]! >= value)) data[at + 1] = value
  }
}

/** Make the empty box of `node` the point of the row. */
export function enter(data: Float64Array, node: number, row: MondrianRow): void {
  const { slots, values, count } = row
  for (let index = 0; index < count; index++) {
    const at = node + boxAt + 2 * slots[index]!
    data[at] = values[index]!
    data[at + 1] = values[index]!
  }
}

/**
 * Compute the log weight of a subtree from its parts, and the share of the node itself in the prediction:
 * `log((e^weight + e^children) / 2)` and `e^weight / (e^weight + e^children)`.
 */
export function weigh(data: Float64Array, links: Int32Array, record: number, node: number): void {
  const weight = data[node + weightAt]!
  if (links[2 * node + featureAt]! < 0) {
    data[node + subtreeAt] = weight
    return
  }
  const left = links[2 * node + leftAt]!
  const children = data[left + subtreeAt]! + data[left + record + subtreeAt]!
  const lead = children - weight
  if (lead > negligible) {
    data[node + subtreeAt] = children + logHalf
    data[node + shareAt] = 0
  } else if (lead < -negligible) {
    data[node + subtreeAt] = weight + logHalf
    data[node + shareAt] = 1
  } else {
    const ratio = Math.exp(-Math.abs(lead))
    data[node + subtreeAt] = Math.max(weight, children) + logHalf + Math.log1p(ratio)
    data[node + shareAt] = (lead > 0 ? ratio : 1) / (1 + ratio)
  }
}

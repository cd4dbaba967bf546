import { recordLayout } from './mondrian-layout.ts'
import type { MondrianNodes } from './mondrian-nodes.ts'
import type { MondrianRow } from './mondrian-row.ts'

// What a tree does with a single node. `data` and `links` are the chunk that has it, `at` is where it begins there.

// Constants of a module's own are faster than imported ones.
const { leftAt, featureAt, thresholdAt, shareAt, weightAt, subtreeAt, boxAt } = recordLayout
const logHalf = -Math.LN2
/** e^-40 added to 1, or to a log weight, which is never within ln 2 of 0, does not change a bit. */
const negligible = 40

/** The child of a branch on the side of the row; without the split feature, the child of more weight. */
export function childOf(
  nodes: MondrianNodes,
  data: Float64Array,
  links: Int32Array,
  at: number,
  bySlot: Float64Array
): number {
  const left = links[2 * at + leftAt]!
  const value = bySlot[links[2 * at + featureAt]!]!
  const threshold = data[at + thresholdAt]!
  if (value <= threshold) return left
  const right = left + nodes.record
  if (value > threshold) return right
  return nodes.data(right)[nodes.at(right) + weightAt]! > nodes.data(left)[nodes.at(left) + weightAt]! ? right : left
}

/** How far the row lies outside the box of a node, summed over its features; NaN if the box does not know one of them. */
export function extent(data: Float64Array, at: number, row: MondrianRow): number {
  const { slots, values, count } = row
  let doubled = 0
  for (let index = 0; index < count; index++) {
    const lowerAt = at + boxAt + 2 * slots[index]!
    const value = values[index]!
    const below = data[lowerAt]! - value
    const above = value - data[lowerAt + 1]!
    // d + |d| is exactly 2d or 0, without a branch that depends on the data.
    doubled += below + Math.abs(below) + (above + Math.abs(above))
  }
  return doubled / 2
}

/** The same over the features the box knows. */
export function knownExtent(data: Float64Array, at: number, row: MondrianRow): number {
  let sum = 0
  for (let index = 0; index < row.count; index++) sum += extension(data, at, row.slots[index]!, row.values[index]!)
  return sum
}

/** How far a value lies outside the bounds of one slot; 0 when the box does not know it. */
export function extension(data: Float64Array, at: number, slot: number, value: number): number {
  const lower = data[at + boxAt + 2 * slot]!
  const upper = data[at + boxAt + 2 * slot + 1]!
  if (value < lower) return lower - value
  return value > upper ? value - upper : 0
}

/** Widen the box of a node by the row; a slot it does not know becomes a point. */
export function widen(data: Float64Array, at: number, row: MondrianRow): void {
  const { slots, values, count } = row
  for (let index = 0; index < count; index++) {
    const lowerAt = at + boxAt + 2 * slots[index]!
    const value = values[index]!
    if (!(data[lowerAt]! <= value)) data[lowerAt] = value
    if (!(data[lowerAt + 1]! >= value)) data[lowerAt + 1] = value
  }
}

/** Make the empty box of a node the point of the row. */
export function enter(data: Float64Array, at: number, row: MondrianRow): void {
  const { slots, values, count } = row
  for (let index = 0; index < count; index++) {
    const lowerAt = at + boxAt + 2 * slots[index]!
    data[lowerAt] = values[index]!
    data[lowerAt + 1] = values[index]!
  }
}

/**
 * Compute the log weight of a subtree from its parts, and the share of the node itself in the prediction:
 * `log((e^weight + e^children) / 2)` and `e^weight / (e^weight + e^children)`.
 */
export function weigh(nodes: MondrianNodes, node: number): void {
  const data = nodes.data(node)
  const links = nodes.links(node)
  const at = nodes.at(node)
  const weight = data[at + weightAt]!
  if (links[2 * at + featureAt]! < 0) {
    data[at + subtreeAt] = weight
    return
  }
  const left = links[2 * at + leftAt]!
  const leftBegin = nodes.at(left)
  const pair = nodes.data(left)
  const children = pair[leftBegin + subtreeAt]! + pair[leftBegin + nodes.record + subtreeAt]!
  const lead = children - weight
  if (lead > negligible) {
    data[at + subtreeAt] = children + logHalf
    data[at + shareAt] = 0
  } else if (lead < -negligible) {
    data[at + subtreeAt] = weight + logHalf
    data[at + shareAt] = 1
  } else {
    const ratio = Math.exp(-Math.abs(lead))
    data[at + subtreeAt] = Math.max(weight, children) + logHalf + Math.log1p(ratio)
    data[at + shareAt] = (lead > 0 ? ratio : 1) / (1 + ratio)
  }
}

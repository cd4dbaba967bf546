import { emptyColumns, isEmpty, type MondrianColumns, sharesMean } from './mondrian-columns.ts'
import { recordLayout } from './mondrian-layout.ts'
import { MondrianNodes } from './mondrian-nodes.ts'

const { leftAt, featureAt, thresholdAt, lastRowAt, splitTimeAt, meanAt, weightAt, countAt, boxAt } = recordLayout

/** Edges from the root to the deepest leaf. Costs O(nodes). */
export function depthOf(nodes: MondrianNodes): number {
  const pending = [0]
  let deepest = 0
  for (const node of preOrder(nodes)) {
    const depth = pending.pop()!
    deepest = Math.max(deepest, depth)
    if (featureOf(nodes, node) >= 0) pending.push(depth + 1, depth + 1)
  }
  return deepest
}

/** A copy of all nodes, with boxes of `slots` features, which the nodes have. Costs O(nodes · slots). */
export function columnsOf(nodes: MondrianNodes, slots: number): MondrianColumns {
  const order = preOrder(nodes)
  const columns = emptyColumns(order.length, slots, nodes.hasSharedMeans ? '0.21' : '0.25')
  let leaves = 0
  for (let index = 0; index < order.length; index++) {
    const node = order[index]!
    const data = nodes.data(node)
    const at = nodes.at(node)
    const owner = nodes.owner(node)
    const feature = nodes.links(node)[2 * at + featureAt]!
    columns.features[index] = feature
    if (feature < 0) columns.lastRows[leaves++] = data[at + lastRowAt]!
    else columns.thresholds[index] = data[at + thresholdAt]!
    columns.splitTimes[index] = data[at + splitTimeAt]!
    columns.means[index] = nodes.data(owner)[nodes.at(owner) + meanAt]!
    columns.counts[index] = nodes.data(owner)[nodes.at(owner) + countAt]!
    columns.weights[index] = data[at + weightAt]!
    for (let bound = 0; bound < 2 * slots; bound++) columns.boxes[index * 2 * slots + bound] = data[at + boxAt + bound]!
    if (owner !== node) columns.marks[index] = data[at + countAt] === 0 ? sharesMean + isEmpty : sharesMean
  }
  return columns
}

/** The nodes that checked columns describe, numbered anew, and their offsets in pre-order. */
export function nodesOf(
  columns: MondrianColumns,
  hasSharedMeans: boolean
): { nodes: MondrianNodes; order: Int32Array } {
  const nodes = new MondrianNodes(hasSharedMeans, slotsOf(columns))
  const pending = [0]
  let leaves = 0
  const order = columns.features.map((feature, index) => {
    const node = pending.pop()!
    writeNode(nodes, columns, index, node)
    if (feature >= 0) {
      const left = addChildren(nodes, node)
      pending.push(left + nodes.record, left)
    } else {
      nodes.data(node)[nodes.at(node) + lastRowAt] = columns.lastRows[leaves++]!
    }
    return node
  })
  return { nodes, order }
}

/** Offsets of the nodes in pre-order. */
function preOrder(nodes: MondrianNodes): Int32Array {
  const order = new Int32Array(nodes.count)
  const pending = [0]
  for (let index = 0; index < order.length; index++) {
    const node = pending.pop()!
    order[index] = node
    if (featureOf(nodes, node) < 0) continue
    const left = nodes.links(node)[2 * nodes.at(node) + leftAt]!
    pending.push(left + nodes.record, left)
  }
  return order
}

function featureOf(nodes: MondrianNodes, node: number): number {
  return nodes.links(node)[2 * nodes.at(node) + featureAt]!
}

function writeNode(nodes: MondrianNodes, columns: MondrianColumns, index: number, node: number): void {
  const slots = slotsOf(columns)
  const data = nodes.data(node)
  const at = nodes.at(node)
  const mark = columns.marks[index]
  nodes.links(node)[2 * at + featureAt] = columns.features[index]!
  data[at + thresholdAt] = columns.thresholds[index]!
  data[at + splitTimeAt] = columns.splitTimes[index]!
  data[at + meanAt] = columns.means[index]!
  data[at + weightAt] = columns.weights[index]!
  data[at + countAt] = mark === sharesMean + isEmpty ? 0 : columns.counts[index]!
  nodes.clearBox(node)
  for (let bound = 0; bound < 2 * slots; bound++) data[at + boxAt + bound] = columns.boxes[index * 2 * slots + bound]!
  // A node that shares a mean has its parent's owner by now.
  if (mark === 0) nodes.setOwner(node, node)
}

/** Features in a box. */
function slotsOf(columns: MondrianColumns): number {
  return columns.boxes.length / (2 * columns.features.length)
}

/** Both children start with their parent's owner. @returns the left one */
function addChildren(nodes: MondrianNodes, node: number): number {
  nodes.reserve()
  const left = nodes.addPair()
  nodes.links(node)[2 * nodes.at(node) + leftAt] = left
  for (const child of [left, left + nodes.record]) nodes.setOwner(child, nodes.owner(node))
  return left
}

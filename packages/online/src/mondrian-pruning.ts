import { recordLayout } from './mondrian-layout.ts'
import { weigh } from './mondrian-node.ts'
import type { MondrianNodes } from './mondrian-nodes.ts'
import { preOrder } from './mondrian-records.ts'

const { leftAt, featureAt, splitTimeAt, meanAt, shareAt, countAt, lastRowAt, boxAt } = recordLayout

/** A tree in pre-order: a node, then its left subtree, then its right one. */
interface PreOrder {
  /** Offset of each node. */
  nodes: Int32Array
  /** How many nodes the subtree of each has. */
  sizes: Int32Array
}

/**
 * Turn branches into leaves, those whose subtrees are of least use, until the tree has only `pairs` pairs of children.
 *
 * Of use is a subtree that changes predictions, and of late: the squared change of the prediction, summed over the rows
 * that its nodes have learned, divided by the square of `1 + age / nodes`, where the age is how many rows ago it learned
 * one. What a split contributes to a prediction is the share that aggregation leaves for what is below it times the
 * difference between the means of the child and the branch. Without the age a tree would keep what once was true.
 *
 * Costs O(nodes · log nodes), and some 50 bytes a node while it runs. Of equal subtrees the last in pre-order goes.
 * @param rows number of the row that the tree learned last
 */
export function prune(nodes: MondrianNodes, pairs: number, rows: number, useAggregation: boolean): void {
  const order = orderOf(nodes)
  const isPruned = leastUseful(useOf(nodes, order, rows), nodes.pairs - pairs)
  for (let index = 0; index < order.nodes.length; index++) {
    if (isPruned[index] === 0) continue
    collapse(nodes, order, index)
    index += order.sizes[index]! - 1
  }
  if (useAggregation) weighAll(nodes)
}

function orderOf(nodes: MondrianNodes): PreOrder {
  const order = preOrder(nodes)
  const sizes = new Int32Array(order.length).fill(1)
  for (let index = order.length - 1; index >= 0; index--) {
    if (!isBranch(nodes, order[index]!)) continue
    const right = index + 1 + sizes[index + 1]!
    sizes[index]! += sizes[index + 1]! + sizes[right]!
  }
  return { nodes: order, sizes }
}

/** How useful the subtree of each branch is; Infinity for leaves, which have none. Never less than any below it. */
function useOf(nodes: MondrianNodes, order: PreOrder, rows: number): Float64Array {
  const { nodes: offsets, sizes } = order
  const reaching = sharesReaching(nodes, order)
  const changes = new Float64Array(offsets.length)
  const lastRows = new Float64Array(offsets.length)
  const use = new Float64Array(offsets.length).fill(Infinity)
  for (let index = offsets.length - 1; index >= 0; index--) {
    const node = offsets[index]!
    if (!isBranch(nodes, node)) {
      lastRows[index] = nodes.data(node)[nodes.at(node) + lastRowAt]!
      continue
    }
    const left = index + 1
    const right = left + sizes[left]!
    const below = reaching[left]!
    const split = changeBy(nodes, node, offsets[left]!) + changeBy(nodes, node, offsets[right]!)
    changes[index] = below * below * split + changes[left]! + changes[right]!
    lastRows[index] = Math.max(lastRows[left]!, lastRows[right]!)
    const age = 1 + (rows - lastRows[index]!) / offsets.length
    use[index] = changes[index]! / (age * age)
  }
  return use
}

/** The share of a prediction that is left for each node and what is below it, where the row goes there. */
function sharesReaching(nodes: MondrianNodes, { nodes: offsets, sizes }: PreOrder): Float64Array {
  const reaching = new Float64Array(offsets.length)
  reaching[0] = 1
  for (let index = 0; index < offsets.length; index++) {
    const node = offsets[index]!
    if (!isBranch(nodes, node)) continue
    const left = index + 1
    const below = reaching[index]! * (1 - nodes.data(node)[nodes.at(node) + shareAt]!)
    reaching[left] = below
    reaching[left + sizes[left]!] = below
  }
  return reaching
}

/** Squared difference of the mean of a child from that of its parent, for each row that the child learned. */
function changeBy(nodes: MondrianNodes, parent: number, child: number): number {
  const difference = meanOf(nodes, child) - meanOf(nodes, parent)
  return countOf(nodes, child) * difference * difference
}

/** Marks the `count` entries of least use, as 1. */
function leastUseful(use: Float64Array, count: number): Uint8Array {
  const bound = use.toSorted()[count - 1]!
  let ties = count
  for (const one of use) if (one < bound) ties--
  const marks = new Uint8Array(use.length)
  for (let index = use.length - 1; index >= 0; index--) {
    if (use[index]! < bound || (use[index] === bound && ties-- > 0)) marks[index] = 1
  }
  return marks
}

/**
 * Make the branch at `index` of the pre-order a leaf. Its mean, count and log weight are those of a leaf that never
 * split, since every row that went on to its children was learned by itself first; and the log weight of a leaf's subtree
 * is its own, which `weigh` sees to. Only the box is not kept: a leaf splits for rows outside of its box alone, so that
 * one which remembered the places of all forgotten rows would never split again. It gets that of the leaf where most of
 * the rows went, and grows from there as any other.
 */
function collapse(nodes: MondrianNodes, { nodes: offsets, sizes }: PreOrder, index: number): void {
  const node = offsets[index]!
  const data = nodes.data(node)
  const links = nodes.links(node)
  const at = nodes.at(node)
  const heaviest = offsets[heaviestLeaf(nodes, offsets, sizes, index)]!
  const box = nodes.at(heaviest) + boxAt
  data.set(nodes.data(heaviest).subarray(box, box + 2 * nodes.slots), at + boxAt)
  const lastRow = freeBelow(nodes, offsets, index, index + sizes[index]!)
  links[2 * at + leftAt] = 0
  links[2 * at + featureAt] = -1
  data[at + splitTimeAt] = 0
  data[at + lastRowAt] = lastRow
}

/** Give back the nodes below the branch at `start`, whose subtree ends before `end`. @returns when they learned last */
function freeBelow(nodes: MondrianNodes, offsets: Int32Array, start: number, end: number): number {
  let lastRow = 0
  // From below, since giving back a pair overwrites where the children of its left node are.
  for (let index = end - 1; index >= start; index--) {
    const node = offsets[index]!
    const at = nodes.at(node)
    if (isBranch(nodes, node)) nodes.freePair(nodes.links(node)[2 * at + leftAt]!)
    else lastRow = Math.max(lastRow, nodes.data(node)[at + lastRowAt]!)
  }
  return lastRow
}

function heaviestLeaf(nodes: MondrianNodes, offsets: Int32Array, sizes: Int32Array, index: number): number {
  let reached = index
  while (isBranch(nodes, offsets[reached]!)) {
    const left = reached + 1
    const right = left + sizes[left]!
    reached = countOf(nodes, offsets[left]!) < countOf(nodes, offsets[right]!) ? right : left
  }
  return reached
}

function weighAll(nodes: MondrianNodes): void {
  const order = preOrder(nodes)
  for (let index = order.length - 1; index >= 0; index--) weigh(nodes, order[index]!)
}

function isBranch(nodes: MondrianNodes, node: number): boolean {
  return nodes.links(node)[2 * nodes.at(node) + featureAt]! >= 0
}

function meanOf(nodes: MondrianNodes, node: number): number {
  const owner = nodes.owner(node)
  return nodes.data(owner)[nodes.at(owner) + meanAt]!
}

/** Rows in the mean that a node shows; 0 for a node whose box is empty. */
function countOf(nodes: MondrianNodes, node: number): number {
  if (nodes.data(node)[nodes.at(node) + countAt] === 0) return 0
  const owner = nodes.owner(node)
  return nodes.data(owner)[nodes.at(owner) + countAt]!
}

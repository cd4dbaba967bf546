import type { PythonRandom } from '@millrace/common'
import type { MondrianColumns } from './mondrian-columns.ts'
import { childOf, enter, extension, extent, knownExtent, weigh, widen } from './mondrian-node.ts'
import { arraySize } from './memory-size.ts'
import { recordLayout } from './mondrian-layout.ts'
import { MondrianNodes, nodesSize } from './mondrian-nodes.ts'
import { prune } from './mondrian-pruning.ts'
import { columnsOf, depthOf, nodesOf } from './mondrian-records.ts'
import type { MondrianRow } from './mondrian-row.ts'
import type { MondrianRules } from './mondrian-rules.ts'

/** What the trees of a forest have in common. */
export interface MondrianTreeOptions {
  /** Learning rate of the aggregation: a node's log weight falls by `step * residual² / 2`. */
  readonly step: number
  readonly useAggregation: boolean
  readonly rules: MondrianRules
  /** No split happens once the tree has this many nodes. */
  readonly maxNodes: number
}

/** A tree from outside, to look at or compare. */
export interface MondrianTreeShape {
  nodes: number
  /** Edges from the root to the deepest leaf. */
  depth: number
  rootWeight: number
  /** Log of the aggregated weight of the whole tree. */
  rootSubtreeWeight: number
  /** Slot of the feature the root splits; -1 while it is a leaf. */
  rootFeature: number
  rootThreshold: number
}

// Constants of a module's own are faster than imported ones.
const { leftAt, featureAt, thresholdAt, lastRowAt, splitTimeAt, meanAt, shareAt } = recordLayout
const { weightAt, subtreeAt, countAt, boxAt } = recordLayout
/** What is left of a full tree when it is pruned. The next pruning is as many splits away. */
const keptByPruning = 0.85
/** Nodes on the way to a leaf that there is room for at first. */
const firstDepth = 64
/** Bytes of the object and its random numbers. */
const fixedSize = 2900

/**
 * One tree of an Aggregated Mondrian Forest. Time O(depth · features) to learn and O(depth) to predict, memory
 * 64 + 16 · features bytes a node, and room for some hundred nodes more.
 *
 * The rules 0.21 keep three mistakes of that River: below a split the continuing child starts with an empty box and
 * shares its mean with its parent for ever, and a feature unknown to a box counts as the bounds 0 and 0.
 * @see Mourtada, Gaïffas and Scornet, "AMF: Aggregated Mondrian Forests for Online Learning", JRSS-B 83(3), 2021.
 * @see Lakshminarayanan, Roy and Teh, "Mondrian Forests: Efficient Online Random Forests", NIPS 2014.
 */
export class MondrianTree {
  readonly #options: MondrianTreeOptions
  readonly #random: PythonRandom
  readonly #hasSharedMeans: boolean
  #nodes: MondrianNodes
  /** Offsets of the nodes visited by the last `learn`. */
  #path = new Int32Array(firstDepth)
  /** The node that the prediction under way has reached. */
  #reached = 0
  /** What the nodes above that one have contributed to it. */
  #above = 0
  /** The share that is left for that node and those below. */
  #remaining = 1

  constructor(options: MondrianTreeOptions, random: PythonRandom) {
    this.#options = options
    this.#random = random
    this.#hasSharedMeans = options.rules === '0.21'
    this.#nodes = new MondrianNodes(this.#hasSharedMeans, 0)
  }

  /** The tree's own generator. */
  get random(): PythonRandom {
    return this.#random
  }

  /** Bytes of the tree at present. */
  get ownBytes(): number {
    return fixedSize + arraySize(this.#path.byteLength) + this.#nodes.ownBytes
  }

  /** Does it prune before it splits again? */
  get isFull(): boolean {
    return this.#nodes.pairs >= this.#nodes.mostPairs
  }

  /**
   * Make room to learn one row of up to `slots` features, so that `learn` cannot fail, and have at most `mostPairs` pairs
   * of children from now on. Throws with the tree as it was, unless it had more.
   * @param rows number of the row learned last
   */
  reserve(slots: number, mostPairs: number, rows: number): void {
    const nodes = this.#nodes
    if (nodes.pairs > mostPairs) this.#prune(mostPairs, rows)
    if (slots > nodes.slots || !nodes.fits(mostPairs, slots)) this.#nodes = nodes.rebuilt(slots, mostPairs)
    else nodes.mostPairs = mostPairs
    if (this.#path.length > longestPath(mostPairs)) this.#path = new Int32Array(firstDepth)
    if (!this.isFull) this.#nodes.reserve()
  }

  /** Of a full tree: forget the least useful nodes. @param rows number of the row learned last */
  makeRoom(rows: number): void {
    this.#prune(this.#nodes.mostPairs, rows)
  }

  /** Begin to predict a row, at the root. */
  startPrediction(): void {
    this.#reached = 0
    this.#above = 0
    this.#remaining = 1
  }

  /** Go one node further down. @returns false once `prediction` is ready */
  advancePrediction(row: MondrianRow): boolean {
    const nodes = this.#nodes
    const node = this.#reached
    const data = nodes.data(node)
    const links = nodes.links(node)
    const at = nodes.at(node)
    const mean = this.#hasSharedMeans ? this.#sharedMean(node) : data[at + meanAt]!
    // A leaf, where the share of the node itself is not kept, has all that remains.
    const isLeaf = links[2 * at + featureAt]! < 0
    const share = isLeaf ? this.#remaining : this.#remaining * data[at + shareAt]!
    this.#above += share * mean
    if (isLeaf) return false
    this.#remaining -= share
    this.#reached = childOf(nodes, data, links, at, row.bySlot)
    return true
  }

  /** The mean of y where the row belongs: of its leaf, or aggregated over all nodes above. */
  get prediction(): number {
    return this.#above
  }

  /**
   * Learn one row; `reserve` has made room for it.
   * @param number of the row, counted from 1
   */
  learn(row: MondrianRow, y: number, number: number): void {
    const root = this.#nodes.data(0)
    if (root[countAt] === 0) {
      enter(root, 0, row)
      this.#addTarget(root, 0, 0, y, 0)
      root[lastRowAt] = number
      return
    }
    const depth = this.#descend(row, y)
    const leaf = this.#path[depth]!
    this.#nodes.data(leaf)[this.#nodes.at(leaf) + lastRowAt] = number
    if (this.#options.useAggregation) this.#aggregate(depth)
  }

  /** Costs O(nodes). */
  shape(): MondrianTreeShape {
    const nodes = this.#nodes
    const root = nodes.data(0)
    return {
      nodes: nodes.count,
      depth: depthOf(nodes),
      rootWeight: root[weightAt]!,
      rootSubtreeWeight: root[subtreeAt]!,
      rootFeature: nodes.links(0)[featureAt]!,
      rootThreshold: root[thresholdAt]!
    }
  }

  /** A copy of all nodes, with boxes of `slots` features. Does not depend on how the tree grew. */
  toColumns(slots: number): MondrianColumns {
    if (slots > this.#nodes.slots) this.#nodes = this.#nodes.rebuilt(slots, this.#nodes.mostPairs)
    return columnsOf(this.#nodes, slots)
  }

  /** The tree that `columns` describe; they have been checked. What follows from them is computed again. */
  static fromColumns(options: MondrianTreeOptions, random: PythonRandom, columns: MondrianColumns): MondrianTree {
    const tree = new MondrianTree(options, random)
    const { nodes, order } = nodesOf(columns, tree.#hasSharedMeans)
    tree.#nodes = nodes
    if (options.useAggregation) for (const node of order.toReversed()) weigh(nodes, node)
    return tree
  }

  /** Walk to where the row belongs, updating on the way; ends early with a split. @returns the depth reached */
  #descend(row: MondrianRow, y: number): number {
    const step = this.#options.useAggregation ? this.#options.step : 0
    const nodes = this.#nodes
    let node = 0
    let time = 0
    for (let depth = 0; ; depth++) {
      this.#visit(depth, node)
      const data = nodes.data(node)
      const links = nodes.links(node)
      const at = nodes.at(node)
      const isLeaf = links[2 * at + featureAt]! < 0
      const splitTime = data[at + splitTimeAt]!
      const leaf = this.#takeIn(data, at, node, time, isLeaf ? Number.NaN : splitTime, row)
      this.#addTarget(data, at, node, y, step)
      if (leaf !== 0) {
        this.#addTarget(nodes.data(leaf), nodes.at(leaf), leaf, y, 0)
        this.#visit(depth + 1, leaf)
        return depth + 1
      }
      if (isLeaf) return depth
      time = splitTime
      node = childOf(nodes, data, links, at, row.bySlot)
    }
  }

  #visit(depth: number, node: number): void {
    if (depth === this.#path.length) {
      const longer = new Int32Array(Math.min(2 * depth, longestPath(this.#nodes.mostPairs)))
      longer.set(this.#path)
      this.#path = longer
    }
    this.#path[depth] = node
  }

  /**
   * Widen the box of `node`, which was made at `time` and begins at `at` in `data`, by the row; before that, perhaps
   * split it.
   * @param limit when the node has split already; NaN for a leaf
   * @returns the new leaf that has the row, or 0 when nothing split
   */
  #takeIn(data: Float64Array, at: number, node: number, time: number, limit: number, row: MondrianRow): number {
    const quick = extent(data, at, row)
    if (quick === 0) return 0
    const outside = quick > 0 ? quick : knownExtent(data, at, row)
    let leaf = 0
    if (outside > 0 && this.#canSplit()) {
      const splitTime = this.#drawSplitTime(outside, time, limit)
      if (splitTime >= 0) leaf = this.#split(node, splitTime, outside, row)
    }
    if (data[at + countAt] === 0) enter(data, at, row)
    else widen(data, at, row)
    return leaf
  }

  #canSplit(): boolean {
    return this.#nodes.count < this.#options.maxNodes && !this.isFull
  }

  #prune(mostPairs: number, rows: number): void {
    const kept = Math.max(1, Math.floor(keptByPruning * mostPairs))
    prune(this.#nodes, kept, rows, this.#options.useAggregation)
  }

  /**
   * Draw when a node made at `time` splits to take in a row `outside` its box.
   * @returns the time, or -1 when it is not before `limit`
   */
  #drawSplitTime(outside: number, time: number, limit: number): number {
    const uniform = this.#random.random()
    // -ln(1 - u) >= u: most draws are seen to come too late, with room for rounding, before taking a logarithm.
    if (uniform > (limit - time) * outside * 1.000000001) return -1
    const rate = this.#hasSharedMeans ? 1 / (1 / outside) || outside : outside
    const splitTime = time - Math.log(1 - uniform) / rate
    return splitTime >= limit ? -1 : splitTime
  }

  /** Put a branch at `node` above all that was there, beside a new leaf for `row`. @returns the leaf */
  #split(node: number, splitTime: number, outside: number, row: MondrianRow): number {
    const nodes = this.#nodes
    const data = nodes.data(node)
    const links = nodes.links(node)
    const at = nodes.at(node)
    const feature = this.#chooseFeature(data, at, outside, row)
    const lower = data[at + boxAt + 2 * feature]!
    const upper = data[at + boxAt + 2 * feature + 1]!
    const value = row.bySlot[feature]!
    const isAbove = value > upper
    const threshold = isAbove ? this.#random.uniform(upper, value) : this.#random.uniform(value, lower)
    const left = nodes.addPair()
    const right = left + nodes.record
    const leaf = isAbove ? right : left
    this.#copyNode(node, isAbove ? left : right)
    links[2 * at + leftAt] = left
    links[2 * at + featureAt] = feature
    data[at + thresholdAt] = threshold
    data[at + splitTimeAt] = splitTime
    nodes.links(leaf)[2 * nodes.at(leaf) + featureAt] = -1
    nodes.setOwner(leaf, leaf)
    if (row.count < nodes.slots) nodes.clearBox(leaf)
    enter(nodes.data(leaf), nodes.at(leaf), row)
    return leaf
  }

  /** Draw one of the features outside the box, in proportion to how far outside they are, in the order of names. */
  #chooseFeature(data: Float64Array, at: number, outside: number, row: MondrianRow): number {
    const { nameOrder, bySlot } = row
    const scale = this.#hasSharedMeans ? 1 / outside : 1
    let total = 0
    for (const slot of nameOrder) total += scale * extension(data, at, slot, bySlot[slot]!)
    const share = this.#random.random() * total
    let sum = 0
    let chosen = 0
    for (const slot of nameOrder) {
      const distance = extension(data, at, slot, bySlot[slot]!)
      if (distance === 0) continue
      sum += scale * distance
      chosen = slot
      if (sum > share) break
    }
    return chosen
  }

  /** Make the new node `to` what `from` is; under the rules 0.21, with an empty box. */
  #copyNode(from: number, to: number): void {
    const nodes = this.#nodes
    const source = nodes.data(from)
    const target = nodes.data(to)
    const sourceBegin = nodes.at(from)
    const targetBegin = nodes.at(to)
    const length = this.#hasSharedMeans ? boxAt : nodes.record
    // The first double holds the links.
    for (let index = thresholdAt; index < length; index++) target[targetBegin + index] = source[sourceBegin + index]!
    nodes.links(to)[2 * targetBegin + leftAt] = nodes.links(from)[2 * sourceBegin + leftAt]!
    nodes.links(to)[2 * targetBegin + featureAt] = nodes.links(from)[2 * sourceBegin + featureAt]!
    if (!this.#hasSharedMeans) return
    target[targetBegin + countAt] = 0
    nodes.setOwner(to, nodes.owner(from))
  }

  /** Take y into the mean of a node; its log weight falls by `step` times the loss of the mean before. */
  #addTarget(data: Float64Array, at: number, node: number, y: number, step: number): void {
    let meanData = data
    let meanBegin = at
    if (this.#hasSharedMeans) {
      const owner = this.#nodes.owner(node)
      meanData = this.#nodes.data(owner)
      meanBegin = this.#nodes.at(owner)
    }
    const count = meanData[meanBegin + countAt]! + 1
    const residual = y - meanData[meanBegin + meanAt]!
    data[at + countAt]! += 1
    data[at + weightAt]! -= (step * (residual * residual)) / 2
    meanData[meanBegin + meanAt]! += (1 / count) * residual
    meanData[meanBegin + countAt] = count
  }

  /** The mean that `node` shows. */
  #sharedMean(node: number): number {
    const owner = this.#nodes.owner(node)
    return this.#nodes.data(owner)[this.#nodes.at(owner) + meanAt]!
  }

  /** Bring the log weights of the subtrees along the last path up to date, from below. */
  #aggregate(depth: number): void {
    const path = this.#path
    for (let index = depth; index >= 0; index--) weigh(this.#nodes, path[index]!)
  }
}

/** The most nodes on the way to a leaf of a tree of so many pairs, or more. */
function longestPath(pairs: number): number {
  return Math.max(firstDepth, pairs + 1)
}

/** The most bytes of a tree of so many pairs, with boxes for so many features. @throws {MillraceError} MILL_FEATURE_LIMIT */
export function treeSize(pairs: number, features: number, rules: MondrianRules): number {
  return fixedSize + arraySize(4 * longestPath(pairs)) + nodesSize(pairs, features, rules === '0.21')
}

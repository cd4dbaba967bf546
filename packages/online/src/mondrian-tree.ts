import type { PythonRandom } from '@millrace/common'
import type { MondrianColumns } from './mondrian-columns.ts'
import { childOf, enter, extension, extent, knownExtent, weigh, widen } from './mondrian-node.ts'
import { columnsOf, depthOf, type MondrianRecords, recordLayout, writeColumns } from './mondrian-records.ts'
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
const { leftAt, featureAt, thresholdAt, splitTimeAt, meanAt, shareAt, weightAt, subtreeAt, countAt, boxAt } =
  recordLayout

/** Nodes a tree first makes room for, when it learns. */
const firstCapacity = 64
/** Offsets are 32-bit integers. */
const largestOffset = 2 ** 31 - 1

/**
 * One tree of an Aggregated Mondrian Forest, in one flat array. Time O(depth · features) to learn and O(depth) to
 * predict, memory 64 + 16 · features bytes a node, in an array that is up to half longer than that.
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
  /** Doubles in the records so far. */
  #used: number
  /** Slots in a box. */
  #slots = 0
  /** Doubles in a record. */
  #record: number
  #data: Float64Array
  /** The memory of `#data` once more, for the integers. */
  #links: Int32Array
  /** Offsets of the nodes visited by the last `learn`. */
  #path = new Int32Array(64)
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
    this.#record = this.#recordSize(0)
    this.#used = this.#record
    this.#data = new Float64Array(this.#record)
    this.#links = new Int32Array(this.#data.buffer)
    this.#links[featureAt] = -1
  }

  /** The tree's own generator. */
  get random(): PythonRandom {
    return this.#random
  }

  /**
   * Make room to learn one row of up to `slots` features, so that `learn` cannot fail. Throws with the tree as it was.
   * @param isEarly make room already when an eighth is left
   */
  reserve(slots: number, isEarly: boolean): void {
    if (slots > this.#slots)
      this.#widenRecords(this.#slots === 0 ? slots : Math.max(slots, Math.ceil(this.#slots * 1.5)))
    const nodes = this.#used / this.#record
    const wanted = Math.min(isEarly ? nodes + nodes / 8 : nodes + 2, this.#options.maxNodes + 1)
    if (wanted * this.#record > this.#data.length) this.#lengthen()
  }

  /** Begin to predict a row, at the root. */
  startPrediction(): void {
    this.#reached = 0
    this.#above = 0
    this.#remaining = 1
  }

  /** Go one node further down. @returns false once `prediction` is ready */
  advancePrediction(row: MondrianRow): boolean {
    const data = this.#data
    const links = this.#links
    const record = this.#record
    const node = this.#reached
    const mean = data[this.#owner(node) + meanAt]!
    // A leaf, where the share of the node itself is not kept, has all that remains.
    const isLeaf = links[2 * node + featureAt]! < 0
    const share = isLeaf ? this.#remaining : this.#remaining * data[node + shareAt]!
    this.#above += share * mean
    if (isLeaf) return false
    this.#remaining -= share
    this.#reached = childOf(data, links, record, node, row.bySlot)
    return true
  }

  /** The mean of y where the row belongs: of its leaf, or aggregated over all nodes above. */
  get prediction(): number {
    return this.#above
  }

  /** Learn one row; `reserve` has made room for it. */
  learn(row: MondrianRow, y: number): void {
    if (this.#data[countAt] === 0) {
      enter(this.#data, 0, row)
      this.#addTarget(0, y, 0)
      return
    }
    const depth = this.#descend(row, y)
    if (this.#options.useAggregation) this.#aggregate(depth)
  }

  /** Costs O(nodes). */
  shape(): MondrianTreeShape {
    return {
      nodes: this.#used / this.#record,
      depth: depthOf(this.#records()),
      rootWeight: this.#data[weightAt]!,
      rootSubtreeWeight: this.#data[subtreeAt]!,
      rootFeature: this.#links[featureAt]!,
      rootThreshold: this.#data[thresholdAt]!
    }
  }

  /** A copy of all nodes, with boxes of `slots` features. Does not depend on how the array grew. */
  toColumns(slots: number): MondrianColumns {
    this.reserve(slots, false)
    return columnsOf(this.#records(), slots)
  }

  /** The tree that `columns` describe; they have been checked. What follows from them is computed again. */
  static fromColumns(options: MondrianTreeOptions, random: PythonRandom, columns: MondrianColumns): MondrianTree {
    const tree = new MondrianTree(options, random)
    const nodes = columns.features.length
    tree.#slots = columns.boxes.length / (2 * nodes)
    tree.#record = tree.#recordSize(tree.#slots)
    tree.#used = nodes * tree.#record
    tree.#useArray(tree.#newArray(nodes, tree.#record))
    const order = writeColumns(tree.#records(), columns)
    if (!options.useAggregation) return tree
    for (const node of order.toReversed()) weigh(tree.#data, tree.#links, tree.#record, node)
    return tree
  }

  /** Walk to where the row belongs, updating on the way; ends early with a split. @returns the depth reached */
  #descend(row: MondrianRow, y: number): number {
    const step = this.#options.useAggregation ? this.#options.step : 0
    const data = this.#data
    const links = this.#links
    let node = 0
    let time = 0
    for (let depth = 0; ; depth++) {
      this.#visit(depth, node)
      const isLeaf = links[2 * node + featureAt]! < 0
      const splitTime = data[node + splitTimeAt]!
      const leaf = this.#takeIn(node, time, isLeaf ? Number.NaN : splitTime, row)
      this.#addTarget(node, y, step)
      if (leaf !== 0) {
        this.#addTarget(leaf, y, 0)
        this.#visit(depth + 1, leaf)
        return depth + 1
      }
      if (isLeaf) return depth
      time = splitTime
      node = childOf(data, links, this.#record, node, row.bySlot)
    }
  }

  #visit(depth: number, node: number): void {
    if (depth === this.#path.length) {
      const longer = new Int32Array(2 * depth)
      longer.set(this.#path)
      this.#path = longer
    }
    this.#path[depth] = node
  }

  /**
   * Widen the box of a node made at `time` by the row; before that, perhaps split the node.
   * @param limit when the node has split already; NaN for a leaf
   * @returns the new leaf that has the row, or 0 when nothing split
   */
  #takeIn(node: number, time: number, limit: number, row: MondrianRow): number {
    const data = this.#data
    const quick = extent(data, node, row)
    if (quick === 0) return 0
    const outside = quick > 0 ? quick : knownExtent(data, node, row)
    let leaf = 0
    if (outside > 0 && this.#canSplit()) {
      const splitTime = this.#drawSplitTime(outside, time, limit)
      if (splitTime >= 0) leaf = this.#split(node, splitTime, outside, row)
    }
    if (data[node + countAt] === 0) enter(data, node, row)
    else widen(data, node, row)
    return leaf
  }

  #canSplit(): boolean {
    return this.#used < this.#options.maxNodes * this.#record
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
    const data = this.#data
    const links = this.#links
    const feature = this.#chooseFeature(node, outside, row)
    const lower = data[node + boxAt + 2 * feature]!
    const upper = data[node + boxAt + 2 * feature + 1]!
    const value = row.bySlot[feature]!
    const isAbove = value > upper
    const threshold = isAbove ? this.#random.uniform(upper, value) : this.#random.uniform(value, lower)
    const left = this.#used
    const right = left + this.#record
    this.#used = right + this.#record
    const leaf = isAbove ? right : left
    this.#copyNode(node, isAbove ? left : right)
    links[2 * node + leftAt] = left
    links[2 * node + featureAt] = feature
    data[node + thresholdAt] = threshold
    data[node + splitTimeAt] = splitTime
    links[2 * leaf + featureAt] = -1
    this.#setOwner(leaf, leaf)
    if (row.count < this.#slots) this.#clearBox(leaf)
    enter(data, leaf, row)
    return leaf
  }

  /** Draw one of the features outside the box, in proportion to how far outside they are, in the order of names. */
  #chooseFeature(node: number, outside: number, row: MondrianRow): number {
    const data = this.#data
    const { nameOrder, bySlot } = row
    const scale = this.#hasSharedMeans ? 1 / outside : 1
    let total = 0
    for (const slot of nameOrder) total += scale * extension(data, node, slot, bySlot[slot]!)
    const share = this.#random.random() * total
    let sum = 0
    let chosen = 0
    for (const slot of nameOrder) {
      const distance = extension(data, node, slot, bySlot[slot]!)
      if (distance === 0) continue
      sum += scale * distance
      chosen = slot
      if (sum > share) break
    }
    return chosen
  }

  /** Make the new node `to` what `from` is; under the rules 0.21, with an empty box. */
  #copyNode(from: number, to: number): void {
    const data = this.#data
    const links = this.#links
    const length = this.#hasSharedMeans ? boxAt : this.#record
    for (let at = thresholdAt; at < length; at++) data[to + at] = data[from + at]!
    links[2 * to + leftAt] = links[2 * from + leftAt]!
    links[2 * to + featureAt] = links[2 * from + featureAt]!
    if (!this.#hasSharedMeans) return
    data[to + countAt] = 0
    this.#setOwner(to, this.#owner(from))
  }

  /** Take y into the mean of `node`; its log weight falls by `step` times the loss of the mean before. */
  #addTarget(node: number, y: number, step: number): void {
    const data = this.#data
    const owner = this.#owner(node)
    const count = data[owner + countAt]! + 1
    const residual = y - data[owner + meanAt]!
    data[node + countAt]! += 1
    data[node + weightAt]! -= (step * (residual * residual)) / 2
    data[owner + meanAt]! += (1 / count) * residual
    data[owner + countAt] = count
  }

  /** Bring the log weights of the subtrees along the last path up to date, from below. */
  #aggregate(depth: number): void {
    const data = this.#data
    const links = this.#links
    const path = this.#path
    for (let index = depth; index >= 0; index--) weigh(data, links, this.#record, path[index]!)
  }

  /** The node whose record has the mean of `node`. */
  #owner(node: number): number {
    return this.#hasSharedMeans ? this.#links[2 * (node + this.#record - 1)]! : node
  }

  #setOwner(node: number, owner: number): void {
    if (this.#hasSharedMeans) this.#links[2 * (node + this.#record - 1)] = owner
  }

  #recordSize(slots: number): number {
    return boxAt + 2 * slots + (this.#hasSharedMeans ? 1 : 0)
  }

  /** Make the box of a new record know no feature. */
  #clearBox(node: number): void {
    if (!this.#hasSharedMeans) this.#data.fill(Number.NaN, node + boxAt, node + this.#record)
  }

  /** Make room for half as many nodes again. */
  #lengthen(): void {
    const data = this.#newArray(this.#used / this.#record, this.#record)
    data.set(this.#data.subarray(0, this.#used))
    this.#useArray(data)
  }

  /** Make the boxes `slots` wide: all records move. */
  #widenRecords(slots: number): void {
    const nodes = this.#used / this.#record
    const before = { data: this.#data, links: this.#links, record: this.#record }
    const record = this.#recordSize(slots)
    const moved = (offset: number) => (offset / before.record) * record
    const boxEnd = boxAt + 2 * this.#slots
    this.#useArray(this.#newArray(nodes, record))
    this.#slots = slots
    this.#record = record
    this.#used = nodes * record
    for (let index = 0; index < nodes; index++) {
      const from = index * before.record
      const to = index * record
      this.#clearBox(to)
      this.#data.set(before.data.subarray(from, from + boxEnd), to)
      this.#links[2 * to + leftAt] = moved(before.links[2 * from + leftAt]!)
      this.#links[2 * to + featureAt] = before.links[2 * from + featureAt]!
      if (this.#hasSharedMeans) this.#setOwner(to, moved(before.links[2 * (from + before.record - 1)]!))
    }
  }

  /** An array of zeros with room for `nodes` and, unless there may be no more, for half as many again. */
  #newArray(nodes: number, record: number): Float64Array {
    const capacity = Math.min(Math.max(firstCapacity, Math.ceil(nodes * 1.5)), this.#options.maxNodes + 1)
    const length = Math.max(capacity, nodes) * record
    if (length > largestOffset) throw new RangeError('a tree does not fit into 16 GiB; limit maxNodes')
    return new Float64Array(length)
  }

  #useArray(data: Float64Array): void {
    this.#data = data
    this.#links = new Int32Array(data.buffer)
  }

  #records(): MondrianRecords {
    return {
      data: this.#data,
      links: this.#links,
      nodes: this.#used / this.#record,
      record: this.#record,
      slots: this.#slots,
      hasSharedMeans: this.#hasSharedMeans
    }
  }
}

import { emptyColumns, isEmpty, type MondrianColumns, sharesMean } from './mondrian-columns.ts'

/**
 * A node is a record of doubles, known by the offset of its first. The first double holds two 32-bit integers, the
 * offset of the left child, which the right child follows, and the split feature, -1 in a leaf. Then come single
 * numbers, then the box: lower and upper bound of each slot. Under the rules 0.21 a last double holds, as a 32-bit
 * integer, the offset of the node whose mean this node shares, which can be the node itself.
 */
export const recordLayout = {
  /** Of the 32-bit integers. */
  leftAt: 0,
  /** Of the 32-bit integers. */
  featureAt: 1,
  thresholdAt: 1,
  splitTimeAt: 2,
  meanAt: 3,
  /** Share of the node itself, against its subtrees, in the prediction. */
  shareAt: 4,
  weightAt: 5,
  /** Log weight of the subtree. */
  subtreeAt: 6,
  /** Targets in the mean. Under the rules 0.21, in a node that shares another's mean, 0 says that the box is empty. */
  countAt: 7,
  boxAt: 8
} as const

/** The nodes of a tree where they are kept; `recordLayout` says what stands where. */
export interface MondrianRecords {
  readonly data: Float64Array
  /** The memory of `data` once more. */
  readonly links: Int32Array
  /** How many nodes there are. */
  readonly nodes: number
  /** Doubles in a record. */
  readonly record: number
  /** Slots in a box. */
  readonly slots: number
  readonly hasSharedMeans: boolean
}

/** Edges from the root to the deepest leaf. Costs O(nodes). */
export function depthOf(records: MondrianRecords): number {
  const { links, nodes, record } = records
  const { leftAt, featureAt } = recordLayout
  const depths = new Int32Array(nodes)
  let deepest = 0
  for (const node of preOrder(records)) {
    const depth = depths[node / record]!
    const left = links[2 * node + leftAt]! / record
    deepest = Math.max(deepest, depth)
    if (links[2 * node + featureAt]! >= 0) depths[left] = depths[left + 1] = depth + 1
  }
  return deepest
}

/** A copy of all nodes, with boxes of `slots` features, which the records have. Costs O(nodes · slots). */
export function columnsOf(records: MondrianRecords, slots: number): MondrianColumns {
  const { data, links, record, hasSharedMeans } = records
  const { featureAt, thresholdAt, splitTimeAt, meanAt, weightAt, countAt, boxAt } = recordLayout
  const order = preOrder(records)
  const columns = emptyColumns(order.length, slots, hasSharedMeans ? '0.21' : '0.25')
  for (let index = 0; index < order.length; index++) {
    const node = order[index]!
    const owner = hasSharedMeans ? links[2 * (node + record - 1)]! : node
    columns.features[index] = links[2 * node + featureAt]!
    columns.thresholds[index] = data[node + thresholdAt]!
    columns.splitTimes[index] = data[node + splitTimeAt]!
    columns.means[index] = data[owner + meanAt]!
    columns.counts[index] = data[owner + countAt]!
    columns.weights[index] = data[node + weightAt]!
    for (let at = 0; at < 2 * slots; at++) columns.boxes[index * 2 * slots + at] = data[node + boxAt + at]!
    if (owner !== node) columns.marks[index] = data[node + countAt] === 0 ? sharesMean + isEmpty : sharesMean
  }
  return columns
}

/** Write checked columns into records that are all 0, numbering the nodes anew. @returns the nodes in pre-order */
export function writeColumns(records: MondrianRecords, columns: MondrianColumns): Int32Array {
  const order = writeLinks(records, columns.features)
  for (const [index, node] of order.entries()) {
    writeNode(records, columns, index, node)
    if (records.hasSharedMeans) writeOwner(records, columns.marks[index]!, node)
  }
  return order
}

/** Offsets of the nodes in pre-order. */
function preOrder({ links, nodes, record }: MondrianRecords): Int32Array {
  const { leftAt, featureAt } = recordLayout
  const order = new Int32Array(nodes)
  const pending = [0]
  for (let index = 0; index < nodes; index++) {
    const node = pending.pop()!
    const left = links[2 * node + leftAt]!
    order[index] = node
    if (links[2 * node + featureAt]! >= 0) pending.push(left + record, left)
  }
  return order
}

/** Children stand in pairs, as they do in a tree that grows. */
function writeLinks({ links, record }: MondrianRecords, features: Int32Array): Int32Array {
  const { leftAt, featureAt } = recordLayout
  const pending = [0]
  let used = record
  return features.map(feature => {
    const node = pending.pop()!
    links[2 * node + featureAt] = feature
    if (feature >= 0) {
      links[2 * node + leftAt] = used
      pending.push(used + record, used)
      used += 2 * record
    }
    return node
  })
}

function writeNode({ data, slots }: MondrianRecords, columns: MondrianColumns, index: number, node: number): void {
  const { thresholdAt, splitTimeAt, meanAt, weightAt, countAt, boxAt } = recordLayout
  data[node + thresholdAt] = columns.thresholds[index]!
  data[node + splitTimeAt] = columns.splitTimes[index]!
  data[node + meanAt] = columns.means[index]!
  data[node + weightAt] = columns.weights[index]!
  data[node + countAt] = columns.counts[index]!
  for (let at = 0; at < 2 * slots; at++) data[node + boxAt + at] = columns.boxes[index * 2 * slots + at]!
}

/** Both children start with their parent's owner; one that shares no mean then becomes its own. */
function writeOwner({ data, links, record }: MondrianRecords, mark: number, node: number): void {
  const { leftAt, featureAt, countAt } = recordLayout
  const ownerAt = (of: number) => 2 * (of + record - 1)
  if (mark === 0) links[ownerAt(node)] = node
  if (mark === sharesMean + isEmpty) data[node + countAt] = 0
  if (links[2 * node + featureAt]! < 0) return
  const left = links[2 * node + leftAt]!
  links[ownerAt(left)] = links[ownerAt(left + record)] = links[ownerAt(node)]!
}

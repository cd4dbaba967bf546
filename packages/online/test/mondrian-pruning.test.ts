import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MondrianColumns } from '../src/mondrian-columns.ts'
import { recordLayout } from '../src/mondrian-layout.ts'
import { weigh } from '../src/mondrian-node.ts'
import type { MondrianNodes } from '../src/mondrian-nodes.ts'
import { prune } from '../src/mondrian-pruning.ts'
import { columnsOf, nodesOf } from '../src/mondrian-records.ts'

const { shareAt, subtreeAt } = recordLayout

/** What the tests change of a tree. */
interface Changes {
  means?: number[]
  counts?: number[]
  weights?: number[]
  /** Of the four leaves. */
  lastRows?: number[]
}

/**
 * A root with two branches, each with two leaves, in pre-order: root, left branch, its leaves, right branch, its leaves.
 * All log weights are 0 if nothing else is said, so that half of a prediction is left below each branch. Nodes are split
 * along the one feature: leaves from 0 to 1, 2 to 3, 10 to 11 and 14 to 15.
 */
function treeOf({ means = [], counts = [], weights = [], lastRows = [0, 0, 0, 0] }: Changes): MondrianNodes {
  const columns: MondrianColumns = {
    features: Int32Array.of(0, 0, -1, -1, 0, -1, -1),
    thresholds: Float64Array.of(5, 1.5, 0, 0, 12, 0, 0),
    splitTimes: Float64Array.of(1, 2, 0, 0, 3, 0, 0),
    means: Float64Array.from(means),
    counts: Float64Array.from(counts),
    weights: weights.length > 0 ? Float64Array.from(weights) : new Float64Array(7),
    lastRows: Float64Array.from(lastRows),
    boxes: Float64Array.of(0, 15, 0, 3, 0, 1, 2, 3, 10, 15, 10, 11, 14, 15),
    marks: new Int32Array(0)
  }
  const { nodes, order } = nodesOf(columns, false)
  for (const node of order.toReversed()) weigh(nodes, node)
  return nodes
}

/** Of the last 100 rows. */
function prunedTo(pairs: number, changes: Changes): MondrianColumns {
  const nodes = treeOf(changes)
  prune(nodes, pairs, 100, true)
  assert.deepEqual([nodes.pairs, nodes.count], [pairs, 2 * pairs - 1])
  return columnsOf(nodes, 1)
}

// The left branch changes its leaves' predictions by 1/4 of a difference of 1, for 2 and 2 rows: 1/16 · 4 = 1/4. The
// right one by 1/4 of 1/2, for 3 and 3 rows: 1/16 · 6/4 = 3/32.
const changes = { means: [5, 2, 1, 3, 8, 7.5, 8.5], counts: [10, 4, 2, 2, 6, 3, 3], lastRows: [100, 100, 100, 100] }

test('a branch that changes predictions least becomes a leaf, with its mean, count and weight', () => {
  const left = prunedTo(3, changes)
  assert.deepEqual([...left.features], [0, 0, -1, -1, -1])
  assert.deepEqual([...left.means], [5, 2, 1, 3, 8])
  assert.deepEqual([...left.counts], [10, 4, 2, 2, 6])
  assert.deepEqual([...left.thresholds], [5, 1.5, 0, 0, 0])
  assert.deepEqual([...left.splitTimes], [1, 2, 0, 0, 0])
})

test('the more rows a branch changes predictions for, the more it is of use', () => {
  // Of 8 and 8 rows the right one: 1/16 · 16/4 = 1/4; of 9 and 9 more than the left one.
  const counts = [22, 4, 2, 2, 18, 9, 9]
  assert.deepEqual([...prunedTo(3, { ...changes, counts }).features], [0, -1, 0, -1, -1])
})

test('where aggregation leaves nothing for what is below a branch, that is of no use', () => {
  // The leaves below the left branch have erred by far more than the branch itself.
  const weights = [0, 0, -50, -50, 0, 0, 0]
  assert.deepEqual([...prunedTo(3, { ...changes, weights }).features], [0, -1, 0, -1, -1])
})

test('of branches of like use the one that learned nothing for longer becomes a leaf', () => {
  // 7 nodes, 14 rows ago: 1/4 divided by (1 + 14 / 7)² is 1/36, less than 3/32.
  const lastRows = [86, 80, 100, 0]
  assert.deepEqual([...prunedTo(3, { ...changes, lastRows }).features], [0, -1, 0, -1, -1])
  // 4 rows ago: 1/4 divided by (1 + 4 / 7)² is more than 1/10.
  assert.deepEqual([...prunedTo(3, { ...changes, lastRows: [96, 80, 100, 0] }).features], [0, 0, -1, -1, -1])
})

test('of equals the last becomes a leaf', () => {
  const means = [5, 2, 1, 3, 8, 7, 9]
  assert.deepEqual([...prunedTo(3, { means, counts: [8, 4, 2, 2, 4, 2, 2] }).features], [0, 0, -1, -1, -1])
  const alike = prunedTo(3, { means: [5, 5, 5, 5, 5, 5, 5], counts: [8, 4, 2, 2, 4, 2, 2] })
  assert.deepEqual([...alike.features], [0, 0, -1, -1, -1])
})

test('a leaf that was a branch knows when one below it learned last, and the place where most rows went', () => {
  const counts = [10, 4, 2, 2, 6, 2, 4]
  const left = prunedTo(3, { ...changes, counts, lastRows: [100, 100, 98, 99] })
  assert.deepEqual([...left.lastRows], [100, 100, 99])
  assert.deepEqual([...left.boxes], [0, 15, 0, 3, 0, 1, 2, 3, 14, 15])
  // Of as many rows on either side, the left one.
  assert.deepEqual([...prunedTo(3, changes).boxes].slice(-2), [10, 11])
})

test('can leave a single leaf', () => {
  const left = prunedTo(1, changes)
  assert.deepEqual([...left.features], [-1])
  assert.deepEqual([left.means[0], left.counts[0], left.lastRows[0]], [5, 10, 100])
  assert.deepEqual([...left.boxes], [10, 11])
})

test('what is left is weighed as if it had never been more', () => {
  const weights = [-1, -2, -0.5, -0.25, -0.75, -0.1, -0.2]
  const nodes = treeOf({ ...changes, weights })
  prune(nodes, 3, 100, true)
  const { nodes: fresh, order } = nodesOf(columnsOf(nodes, 1), false)
  for (const node of order.toReversed()) weigh(fresh, node)
  assert.equal(nodes.data(0)[subtreeAt], fresh.data(0)[subtreeAt])
  assert.equal(nodes.data(0)[shareAt], fresh.data(0)[shareAt])
  // The right branch as a leaf has weight -0.75, the left one log((e^-2 + e^-0.75) / 2).
  const left = Math.log((Math.exp(-2) + Math.exp(-0.75)) / 2)
  const share = Math.exp(-1) / (Math.exp(-1) + Math.exp(left - 0.75))
  assert.ok(Math.abs(nodes.data(0)[shareAt]! - share) < 1e-12)
})

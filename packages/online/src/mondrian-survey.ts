import { recordLayout } from './mondrian-layout.ts'
import type { MondrianNodes } from './mondrian-nodes.ts'

const { leftAt, featureAt, meanAt, shareAt, countAt, lastRowAt } = recordLayout

/**
 * What pruning needs to know of a tree, gathered in one walk, since the nodes lie far apart in memory. In pre-order: a
 * node, then its left subtree, then its right one.
 */
export interface MondrianSurvey {
  /** Offset of each node. */
  nodes: Int32Array
  /** How many nodes the subtree of each has; 1 for a leaf. */
  sizes: Int32Array
  means: Float64Array
  /** Rows in the mean; 0 for a node whose box is empty. */
  counts: Float64Array
  /** Share of each branch itself in the predictions that reach it; 0 for a leaf. */
  shares: Float64Array
  /** Number of the row that each leaf learned last, and any leaf below a branch. */
  lastRows: Float64Array
}

/** Costs O(nodes), and 40 bytes a node. */
export function surveyOf(nodes: MondrianNodes): MondrianSurvey {
  const { count } = nodes
  const survey = {
    nodes: new Int32Array(count),
    sizes: new Int32Array(count).fill(1),
    means: new Float64Array(count),
    counts: new Float64Array(count),
    shares: new Float64Array(count),
    lastRows: new Float64Array(count)
  }
  const pending = [0]
  for (let index = 0; index < count; index++) {
    const left = look(nodes, pending.pop()!, survey, index)
    if (left > 0) pending.push(left + nodes.record, left)
  }
  for (let index = count - 1; index >= 0; index--) if (survey.sizes[index] === 0) sumUp(survey, index)
  return survey
}

/** Where the right child of the branch at `index` stands; the left one follows the branch. */
export function rightOf({ sizes }: MondrianSurvey, index: number): number {
  return index + 1 + sizes[index + 1]!
}

/** @returns the left child of the node, which has size 0 for now, or 0 for a leaf */
function look(nodes: MondrianNodes, node: number, survey: MondrianSurvey, index: number): number {
  const data = nodes.data(node)
  const links = nodes.links(node)
  const at = nodes.at(node)
  survey.nodes[index] = node
  const owner = nodes.owner(node)
  const ownerData = nodes.data(owner)
  const ownerAt = nodes.at(owner)
  survey.means[index] = ownerData[ownerAt + meanAt]!
  if (data[at + countAt] !== 0) survey.counts[index] = ownerData[ownerAt + countAt]!
  if (links[2 * at + featureAt]! < 0) {
    survey.lastRows[index] = data[at + lastRowAt]!
    return 0
  }
  survey.sizes[index] = 0
  survey.shares[index] = data[at + shareAt]!
  return links[2 * at + leftAt]!
}

/** Size and last row of a branch, from those of its children. */
function sumUp(survey: MondrianSurvey, index: number): void {
  const { sizes, lastRows } = survey
  const right = rightOf(survey, index)
  sizes[index] = 1 + sizes[index + 1]! + sizes[right]!
  lastRows[index] = Math.max(lastRows[index + 1]!, lastRows[right]!)
}

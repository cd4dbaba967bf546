import { recordLayout } from './mondrian-layout.ts'
import { weigh } from './mondrian-node.ts'
import type { MondrianNodes } from './mondrian-nodes.ts'
import { type MondrianSurvey, rightOf, surveyOf } from './mondrian-survey.ts'

const { leftAt, featureAt, splitTimeAt, lastRowAt, boxAt } = recordLayout

/** What becomes of each node. */
const kept = 0
/** A branch below one that becomes a leaf. */
const pruned = 1
/** A branch that becomes a leaf. */
const collapsed = 2

/**
 * Turn branches into leaves, those whose subtrees are of least use, until the tree has only `pairs` pairs of children.
 *
 * Of use is a subtree that changes predictions, and of late: the squared change of the prediction, summed over the rows
 * that its nodes have learned, divided by the square of `1 + age / nodes`, where the age is how many rows ago it learned
 * one. What a split contributes to a prediction is the share that aggregation leaves for what is below it times the
 * difference between the means of the child and the branch. Without the age a tree would keep what once was true.
 *
 * Costs O(nodes · log nodes), and some 70 bytes a node while it runs. Of equally useful ones the last in pre-order goes.
 * @param rows number of the row that the tree learned last
 */
export function prune(nodes: MondrianNodes, pairs: number, rows: number, useAggregation: boolean): void {
  const survey = surveyOf(nodes)
  const fates = leastUseful(useOf(survey, rows), nodes.pairs - pairs)
  for (let index = 0; index < fates.length; index++) {
    if (fates[index] === kept) continue
    fates[index] = collapsed
    collapse(nodes, survey, index)
    index += survey.sizes[index]! - 1
  }
  if (useAggregation) weighAgain(nodes, survey, fates)
}

/** How useful the subtree of each branch is; Infinity for leaves, which have none. Never less than any below it. */
function useOf(survey: MondrianSurvey, rows: number): Float64Array {
  const { sizes, lastRows } = survey
  const reaching = sharesReaching(survey)
  const changes = new Float64Array(sizes.length)
  const use = new Float64Array(sizes.length).fill(Infinity)
  for (let index = sizes.length - 1; index >= 0; index--) {
    if (sizes[index] === 1) continue
    const left = index + 1
    const right = rightOf(survey, index)
    const split = changeBy(survey, index, left) + changeBy(survey, index, right)
    changes[index] = reaching[left]! * reaching[left]! * split + changes[left]! + changes[right]!
    const age = 1 + (rows - lastRows[index]!) / sizes.length
    use[index] = changes[index]! / (age * age)
  }
  return use
}

/** The share of a prediction that is left for each node and what is below it, where the row goes there. */
function sharesReaching(survey: MondrianSurvey): Float64Array {
  const { sizes, shares } = survey
  const reaching = new Float64Array(sizes.length)
  reaching[0] = 1
  for (let index = 0; index < sizes.length; index++) {
    if (sizes[index] === 1) continue
    const below = reaching[index]! * (1 - shares[index]!)
    reaching[index + 1] = below
    reaching[rightOf(survey, index)] = below
  }
  return reaching
}

/** Squared difference of the mean of a child from that of its parent, summed over the rows that the child has learned. */
function changeBy({ means, counts }: MondrianSurvey, parent: number, child: number): number {
  const difference = means[child]! - means[parent]!
  return counts[child]! * difference * difference
}

/** Marks the `count` entries of least use. */
function leastUseful(use: Float64Array, count: number): Uint8Array {
  const bound = use.filter(one => one < Infinity).toSorted()[count - 1]!
  let ties = count
  for (let index = 0; index < use.length; index++) if (use[index]! < bound) ties--
  const fates = new Uint8Array(use.length)
  for (let index = use.length - 1; index >= 0; index--) {
    if (use[index]! < bound || (use[index] === bound && ties-- > 0)) fates[index] = pruned
  }
  return fates
}

/**
 * Make the branch at `index` a leaf. Its mean, count and log weight are those of a leaf that never split, since every row
 * that went on to its children was learned by the branch itself first; and the log weight of a leaf's subtree is its own,
 * which `weigh` sees to. Only the box is not kept: a leaf splits for rows outside of its box alone, so that one which
 * remembered the places of all forgotten rows would hardly split again. It gets the box of the leaf where most of the rows
 * went, inside that of every node above, and grows from there as any other.
 */
function collapse(nodes: MondrianNodes, survey: MondrianSurvey, index: number): void {
  const node = survey.nodes[index]!
  const data = nodes.data(node)
  const links = nodes.links(node)
  const at = nodes.at(node)
  const heaviest = survey.nodes[heaviestLeaf(survey, index)]!
  const box = nodes.at(heaviest) + boxAt
  data.set(nodes.data(heaviest).subarray(box, box + 2 * nodes.slots), at + boxAt)
  freeBelow(nodes, survey, index)
  links[2 * at + leftAt] = 0
  links[2 * at + featureAt] = -1
  data[at + splitTimeAt] = 0
  data[at + lastRowAt] = survey.lastRows[index]!
}

function heaviestLeaf(survey: MondrianSurvey, index: number): number {
  const { sizes, counts } = survey
  let reached = index
  while (sizes[reached]! > 1) {
    const right = rightOf(survey, reached)
    reached = counts[reached + 1]! < counts[right]! ? right : reached + 1
  }
  return reached
}

/** Give back all nodes below the branch at `start`, from below: giving back a pair overwrites where its children are. */
function freeBelow(nodes: MondrianNodes, { nodes: offsets, sizes }: MondrianSurvey, start: number): void {
  for (let index = start + sizes[start]! - 1; index >= start; index--) {
    const node = offsets[index]!
    if (sizes[index]! > 1) nodes.freePair(nodes.links(node)[2 * nodes.at(node) + leftAt]!)
  }
}

/** Weigh the new leaves, and all branches above them, again. */
function weighAgain(nodes: MondrianNodes, survey: MondrianSurvey, fates: Uint8Array): void {
  const isWeighed = new Uint8Array(fates.length)
  for (let index = fates.length - 1; index >= 0; index--) {
    const isBranch = fates[index] === kept && survey.sizes[index]! > 1
    const isAbove = isBranch && (isWeighed[index + 1] === 1 || isWeighed[rightOf(survey, index)] === 1)
    if (fates[index] !== collapsed && !isAbove) continue
    weigh(nodes, survey.nodes[index]!)
    isWeighed[index] = 1
  }
}

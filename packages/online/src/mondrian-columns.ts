import { largestMagnitude } from '@millrace/common'
import type { MondrianRules } from './mondrian-rules.ts'
import { invalid } from './state-errors.ts'
import type { StateFields } from './state-format.ts'
import type { StateReader } from './state-reader.ts'

/** The nodes of a tree as columns, in pre-order: a node, then its left subtree, then its right one. */
export interface MondrianColumns {
  /** Slot of the split feature; -1 for a leaf. */
  features: Int32Array
  /** 0 for a leaf. */
  thresholds: Float64Array
  /** When the node was split; 0 for a leaf. */
  splitTimes: Float64Array
  means: Float64Array
  /** How many targets the mean has taken in. */
  counts: Float64Array
  /** Log weights of the nodes in the aggregation. */
  weights: Float64Array
  /** Of the leaves alone, in their order: the number of the row that each learned last. */
  lastRows: Float64Array
  /** Lower and upper bound of each slot in turn, node after node; NaN for a feature the node has not seen. */
  boxes: Float64Array
  /** Sum of {@link sharesMean} and {@link isEmpty} for each node under the rules 0.21; no entry under 0.25. */
  marks: Int32Array
}

/** Mark of a node whose mean is that of its parent. */
export const sharesMean = 1
/** Mark of a node whose box is empty, and counts as the point 0. */
export const isEmpty = 2
/** Features are within `largestMagnitude`, but each transformer that centres them can double them. */
const largestValue = largestMagnitude * 2 ** 32
/** Sums of log weights from here up stay finite. */
const lowestWeight = -1e305

/** Columns to be filled, for so many nodes with boxes of `slots` features. */
export function emptyColumns(nodes: number, slots: number, rules: MondrianRules): MondrianColumns {
  return {
    features: new Int32Array(nodes),
    thresholds: new Float64Array(nodes),
    splitTimes: new Float64Array(nodes),
    means: new Float64Array(nodes),
    counts: new Float64Array(nodes),
    weights: new Float64Array(nodes),
    lastRows: new Float64Array(leavesOf(nodes)),
    boxes: new Float64Array(nodes * 2 * slots),
    marks: new Int32Array(rules === '0.21' ? nodes : 0)
  }
}

/** Leaves of a tree of so many nodes. */
function leavesOf(nodes: number): number {
  return (nodes + 1) / 2
}

/** The columns as fields of a state. */
export function columnsToFields(columns: MondrianColumns): StateFields {
  return { ...columns }
}

/**
 * The columns of a tree whose boxes have `slots` features, checked so far that the tree can work with them: the
 * pre-order alone makes them one tree, whatever they hold.
 * @param learned how many rows the forest has learned; 0 for a state that does not say so, nor when its leaves did
 * @throws {MillraceError} MILL_STATE_INVALID
 */
export function columnsFromState(
  state: StateReader,
  slots: number,
  rules: MondrianRules,
  learned: number
): MondrianColumns {
  const features = state.int32s('features')
  const size = features.length
  const columns = {
    features,
    thresholds: state.float64s('thresholds', size),
    splitTimes: state.float64s('splitTimes', size),
    means: state.float64s('means', size),
    counts: state.float64s('counts', size),
    weights: state.float64s('weights', size),
    lastRows: learned === 0 ? new Float64Array(leavesOf(size)) : state.float64s('lastRows', leavesOf(size)),
    boxes: state.float64s('boxes', size * 2 * slots),
    marks: state.int32s('marks', rules === '0.21' ? size : 0)
  }
  checkShape(features, slots)
  checkNumbers(columns)
  checkTimes(columns)
  checkRows(columns.lastRows, learned)
  checkBoxes(columns.boxes, rules)
  checkMarks(columns.marks)
  return columns
}

/** In pre-order, each node fills one open place and each branch opens two; the last node must fill the last place. */
function checkShape(features: Int32Array, slots: number): void {
  let open = 1
  for (const feature of features) {
    if (feature < -1 || feature >= slots) throw invalid(`a node splits the unknown feature ${feature}`)
    if (open === 0) throw invalid('nodes outside the tree')
    open += feature < 0 ? -1 : 1
  }
  if (open !== 0) throw invalid('a branch without children')
}

function checkNumbers({ thresholds, means, counts, weights }: MondrianColumns): void {
  if (!thresholds.every(isValue)) throw invalid('a threshold is out of range')
  if (!means.every(isMean)) throw invalid('a mean is out of range')
  if (!counts.every(count => Number.isSafeInteger(count) && count > 0)) throw invalid('a count is no positive integer')
  if (!weights.every(weight => weight <= 0 && weight > lowestWeight)) throw invalid('a log weight is out of range')
}

/** NaN is not. */
function isValue(value: number): boolean {
  return Math.abs(value) <= largestValue
}

/** Targets are within `largestMagnitude`, means but for their rounding; NaN is not. */
function isMean(value: number): boolean {
  return Math.abs(value) <= 2 * largestMagnitude
}

/** A child is never split before its parent. A time may be infinite. */
function checkTimes({ features, splitTimes }: MondrianColumns): void {
  const pending = [0]
  for (const [index, feature] of features.entries()) {
    const time = pending.pop()!
    if (feature < 0) continue
    const splitTime = splitTimes[index]!
    if (!(splitTime >= time)) throw invalid('a node is split before it was made')
    pending.push(splitTime, splitTime)
  }
}

function checkRows(lastRows: Float64Array, learned: number): void {
  const isRow = (row: number): boolean => Number.isSafeInteger(row) && row >= 0 && row <= learned
  if (!lastRows.every(isRow)) throw invalid('a leaf has learned a row that did not come yet')
}

function checkBoxes(boxes: Float64Array, rules: MondrianRules): void {
  for (let index = 0; index < boxes.length; index += 2) {
    const lower = boxes[index]!
    const upper = boxes[index + 1]!
    const isUnknown = Number.isNaN(lower) && Number.isNaN(upper) && rules === '0.25'
    const isRange = isValue(lower) && isValue(upper) && lower <= upper
    if (!isUnknown && !isRange) throw invalid('a box has bounds that are no range')
  }
}

/** The root has no parent; only a node that shares its parent's mean can be empty. */
function checkMarks(marks: Int32Array): void {
  for (const [index, mark] of marks.entries()) {
    const isKnown = mark === 0 || (index > 0 && (mark === sharesMean || mark === sharesMean + isEmpty))
    if (!isKnown) throw invalid(`unknown mark ${mark} on node ${index}`)
  }
}

/**
 * What stands where in a node, which is a record of doubles. The first double holds two 32-bit integers: the offset of
 * the left child and the split feature, -1 in a leaf. Then come single numbers, then the box: lower and upper bound of
 * each slot. Under the rules 0.21 a last double holds, as a 32-bit integer, the offset of the node whose mean this node
 * shares, which can be the node itself.
 */
export const recordLayout = {
  /** Of the 32-bit integers. */
  leftAt: 0,
  /** Of the 32-bit integers. */
  featureAt: 1,
  thresholdAt: 1,
  /** Of a leaf, which has no threshold: the number of the row that it learned last, counted from 1 by its forest. */
  lastRowAt: 1,
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

import type { Pipeline } from '@millrace/online'
import { type LearnerName, learnerWeights } from './catalog.ts'
import { IdWindow } from './id-window.ts'
import type { LearnerLimits } from './learn-command.ts'

/** The least a learner can be limited to. */
const leastShare = 65_536
/** Bytes for what does not grow with the learner, such as its score. */
const fixedShare = 20_000
/** A twentieth is left for what writes and reads the records. */
const learnerShare = 0.95
/** Rows that a checkpoint keeps at least, with room to grow. */
const rowsShare = 150_000
/** A learner with a checkpoint takes so many times what it takes alone. */
const withCheckpoint = 2.5

/**
 * How many of `ids` ids a learner can remember within half of `memoryBytes`: all of them, unless the memory is small for
 * their number. At least 1.
 */
export function idsWithin(memoryBytes: number, ids: number): number {
  let fit = 1
  let most = ids
  while (fit < most) {
    const middle = Math.ceil((fit + most) / 2)
    if (IdWindow.bytesFor(middle) <= memoryBytes / 2) fit = middle
    else most = middle - 1
  }
  return fit
}

/**
 * Hold a learner to its limits. The memory is for the learner, what the divergence guard keeps of it and the remembered
 * ids, which however take at most half: more of them than {@link idsWithin} come on top.
 * @throws {MillraceError} MILL_OPTION_INVALID when the learner has more names already than fit
 */
export function limitLearner(learner: Pipeline, name: LearnerName, limits: LearnerLimits): void {
  const { memoryBytes, featureNames, ids } = limits
  const left = learnerShare * (memoryBytes - Math.min(memoryBytes / 2, IdWindow.bytesFor(ids))) - fixedShare
  const share = learnerWeights(name) === undefined ? left : (left - rowsShare) / withCheckpoint
  learner.limitMemory(Math.max(leastShare, Math.floor(share)))
  learner.limitNames(featureNames)
}

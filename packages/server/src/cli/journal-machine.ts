import { MillraceError } from '@millrace/common'
import { type LearnCommand, LearnerMachine } from '@millrace/engine'

/**
 * The machine that the first record of a journal makes.
 * @throws {MillraceError} MILL_JOURNAL_DAMAGED when that does not say how the learner is made
 */
export function begunMachine(first: LearnCommand): LearnerMachine {
  if (first.kind === 'settings') return new LearnerMachine(first)
  throw new MillraceError('MILL_JOURNAL_DAMAGED', 'the first record does not say how the learner is made')
}

import { MillraceError } from '@millrace/common'
import type { ExperimentBook } from './experiment-book.ts'
import { unknownExperiment } from './experiment-errors.ts'
import type { FeedbackReceipt } from './experiments.ts'
import type { Ledger, Outcome, OutcomeReceipt } from './ledger/ledger.ts'
import { fromLedgerId, ledgerIdOf } from './phase-id.ts'

/**
 * Count an outcome; see Experiments.feedback. One that names an experiment counts in its present phase.
 * @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND as well
 */
export async function takeFeedback(
  outcome: Outcome,
  { book, ledger }: { book: ExperimentBook; ledger: Ledger }
): Promise<readonly FeedbackReceipt[]> {
  const experiment = outcome.experiment === undefined ? undefined : ledgerId(outcome.experiment, book)
  try {
    const receipts = await ledger.outcome({ ...outcome, experiment })
    return receipts.map(receipt => withNames(receipt, outcome.metric, book))
  } catch (error) {
    throw withId(error)
  }
}

/** The ledger knows experiments by other ids than those who ask. */
function withId(error: unknown): unknown {
  if (!(error instanceof MillraceError) || typeof error.details['experiment'] !== 'string') return error
  const { code, message, details } = error
  const { id } = fromLedgerId(error.details['experiment'])
  return new MillraceError(code, message, { cause: error, details: { ...details, experiment: id } })
}

function ledgerId(id: string, book: ExperimentBook): string {
  const kept = book.all.get(id)
  if (kept === undefined) throw unknownExperiment(id)
  return ledgerIdOf(kept.record)
}

/** Of a phase that is over, arms are told by the names that are there now. */
function withNames(
  { experiment, arm, value, isRepeat }: OutcomeReceipt,
  metric: string,
  book: ExperimentBook
): FeedbackReceipt {
  const { id } = fromLedgerId(experiment)
  const name = book.all.get(id)?.record.definition.arms[arm]?.name
  return { experiment: id, arm: name ?? String(arm), metric, value, isRepeat }
}

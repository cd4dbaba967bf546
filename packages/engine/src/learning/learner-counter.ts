import { MillraceError } from '@millrace/common'
import type { LearnerMachine, Outcome } from './learner-machine.ts'
import type { LearnerCounts } from './served-learner.ts'

/** Counts what becomes of the observations and labels of one learner since the process began. */
export class LearnerCounter {
  readonly #counts = {
    repeats: 0,
    conflicts: 0,
    labels: { learned: 0, repeated: 0, corrected: 0, expired: 0, unknown: 0 }
  }

  /** An observation was answered. */
  observation(outcome: Outcome): void {
    if (outcome.kind === 'settings') return
    if (outcome.isRepeat) this.#counts.repeats++
    if (outcome.kind === 'refused' && outcome.refusal.code === 'MILL_ID_CONFLICT') this.#counts.conflicts++
  }

  /** A label was answered. One that was refused for its value is in none of the counts. */
  label(outcome: Outcome): void {
    const { labels } = this.#counts
    if (outcome.kind === 'settings') return
    if (outcome.isRepeat) labels.repeated++
    else if (outcome.kind === 'learned') labels.learned++
    else if (outcome.refusal.code === 'MILL_LABEL_CONFLICT') labels.corrected++
    else if (outcome.refusal.code === 'MILL_ID_CONFLICT') this.#counts.conflicts++
  }

  /** A label came for a prediction that is not kept. */
  lateLabel(error: unknown): void {
    const code = error instanceof MillraceError ? error.code : undefined
    if (code === 'MILL_PREDICTION_EXPIRED') this.#counts.labels.expired++
    if (code === 'MILL_PREDICTION_NOT_FOUND') this.#counts.labels.unknown++
  }

  counts(machine: LearnerMachine, snapshots: LearnerCounts['snapshots']): LearnerCounts {
    const { guardSkips, guardRollbacks } = machine
    const { labels, ...counts } = this.#counts
    return { ...counts, labels: { ...labels }, guardSkips, guardRollbacks, snapshots }
  }
}

import type { Findings } from './findings.ts'
import type { Ledger, Row, RowOutcome } from './ledger.ts'
import type { Truth } from './truth.ts'

/** Hold what the journal tells against what was acknowledged since the last check. */
export function checkJournal({ truth, ledger }: { truth: Truth; ledger: Ledger }, findings: Findings): void {
  truth.follow()
  for (const outcome of ledger.takeNew()) checkRow(truth, outcome, findings)
}

function content({ features, target }: Row): string {
  return JSON.stringify([features, target])
}

function checkRow(truth: Truth, told: RowOutcome, findings: Findings): void {
  const kept = truth.find(told.key)
  const where = `${truth.learner} ${told.key}`
  if (kept === undefined || (kept.outcome.kind === 'learned') !== told.isLearned) {
    const what = kept === undefined ? 'nothing' : kept.outcome.kind
    const promise = told.isLearned ? 'nothing acknowledged is lost' : 'nothing that was refused is learned'
    return findings.add(promise, `${where}: the journal says ${what}`)
  }
  findings.equal('a journal holds what was sent', { got: content(kept), wanted: content(told), where })
  if (told.prediction === undefined || kept.outcome.kind !== 'learned') return
  const wanted = String(kept.outcome.prediction)
  findings.equal('answers are those of a run never killed', { got: String(told.prediction), wanted, where })
}

import type { ExperimentState } from './experiment-state.ts'
import { shardCount } from './hash-table.ts'
import type { LedgerState } from './ledger-state.ts'

/** Parts of a table that are merged in one go. */
const partsTogether = 2

/**
 * Bring all that another state knows into this one; what both know stays as it is. Takes some 300 ns a unit and some
 * 500 ns an outcome. Of outcomes whose ids the other has forgotten nothing can be brought.
 */
export function mergeInto(state: LedgerState, other: LedgerState): void {
  const steps = mergeSteps(state, other)
  while (steps.next().done !== true);
}

/**
 * The same in steps of less than a few milliseconds each, in between which other things may be brought in. What was counted
 * comes with the last step.
 */
export function* mergeSteps(state: LedgerState, other: LedgerState): Generator<undefined, undefined> {
  for (const [id, time] of other.forgotten) if (time > (state.forgotten.get(id) ?? -Infinity)) state.forget(id, time)
  for (const [id, experiment] of other.experiments) {
    for (let part = 0; part < shardCount; part += partsTogether) {
      mergeUnits(state, id, experiment, part)
      yield
    }
    mergeOutcomes(state, id, experiment)
    yield
  }
  for (const fact of other.waiting.facts()) state.tell(fact)
  for (const [id, experiment] of other.experiments) mergeCounts(state, other, id, experiment)
  for (const [run, number] of other.heads) state.heads.set(run, Math.max(number, state.heads.get(run) ?? 0))
  return undefined
}

/** Whether a state holds every record that another one does. */
export function holdsAll(state: LedgerState, heads: ReadonlyMap<string, number>): boolean {
  return [...heads].every(([run, number]) => number <= (state.heads.get(run) ?? 0))
}

function mergeUnits(state: LedgerState, id: string, experiment: ExperimentState, part: number): void {
  const target = state.at(id, experiment.createdAt)
  if (target === undefined) return
  experiment.forEachUnit(part, part + partsTogether, (first, second, { arm, isOwnRequest, time, isCrossed }) => {
    state.expose(id, first, second, arm, isOwnRequest, time)
    if (isCrossed) target.cross(first, second)
  })
}

function mergeOutcomes(state: LedgerState, id: string, experiment: ExperimentState): void {
  const target = state.at(id, experiment.createdAt)
  if (target === undefined) return
  experiment.forEachOutcome(fact => {
    if (target.apply(fact) !== 'unknown') state.waiting.known(id, fact.id)
  })
}

/** Of two counts of a run the later one is whole. */
function mergeCounts(state: LedgerState, other: LedgerState, id: string, experiment: ExperimentState): void {
  const target = state.at(id, experiment.createdAt)
  if (target === undefined) return
  for (const [run, counted] of experiment.counted) {
    if ((other.heads.get(run) ?? 0) > (state.heads.get(run) ?? 0)) target.counted.set(run, counted)
  }
  target.updatedAt = Math.max(target.updatedAt, experiment.updatedAt)
}

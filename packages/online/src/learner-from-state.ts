import { LastValue } from './last-value.ts'
import type { Regressor } from './learner.ts'
import { Pipeline } from './pipeline.ts'
import { restore, type Restorers } from './restorers.ts'
import { SeasonalNaive } from './seasonal-naive.ts'
import type { StateSource } from './state.ts'
import { stepRegressors } from './step-restorers.ts'

const regressors: Restorers<Regressor> = new Map<string, (source: StateSource) => Regressor>([
  ...stepRegressors,
  ['LastValue', LastValue.fromState],
  ['Pipeline', Pipeline.fromState],
  ['SeasonalNaive', SeasonalNaive.fromState]
])

/**
 * The regressor a state holds, whichever it is; it continues bit for bit as the one that wrote the state.
 * @throws {MillraceError} MILL_STATE_INVALID when the bytes are no undamaged state of a regressor
 */
export function learnerFromState(source: StateSource): Regressor {
  return restore(regressors, source)
}

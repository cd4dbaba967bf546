import { LastValue } from './last-value.ts'
import type { Regressor } from './learner.ts'
import { Pipeline } from './pipeline.ts'
import { SeasonalNaive } from './seasonal-naive.ts'
import { decodeState } from './state.ts'
import { regressorFromState } from './steps-from-state.ts'

/** What is a regressor but cannot be a step of a pipeline. */
const wholeModels = new Map<string, (bytes: Uint8Array) => Regressor>([
  ['LastValue', LastValue.fromState],
  ['Pipeline', Pipeline.fromState],
  ['SeasonalNaive', SeasonalNaive.fromState]
])

/**
 * The regressor a state holds, whichever it is; it continues bit for bit as the one that wrote the state.
 * @throws {MillraceError} MILL_STATE_INVALID when the bytes are no undamaged state of a regressor
 */
export function learnerFromState(bytes: Uint8Array): Regressor {
  const fromState = wholeModels.get(decodeState(bytes).string('kind')) ?? regressorFromState
  return fromState(bytes)
}

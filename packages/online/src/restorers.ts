import { decodeState, type StateSource } from './state.ts'
import { invalid } from './state-errors.ts'

/** What restores the states of each kind. */
export type Restorers<Made> = ReadonlyMap<string, (source: StateSource) => Made>

/** What the state holds, if it is one of the kinds. @throws {MillraceError} MILL_STATE_INVALID */
export function restore<Made>(restorers: Restorers<Made>, source: StateSource): Made {
  const state = decodeState(source)
  const kind = state.string('kind')
  const fromState = restorers.get(kind)
  if (fromState === undefined) throw invalid(`${kind} is not one of ${[...restorers.keys()].join(', ')}`)
  return fromState(state)
}

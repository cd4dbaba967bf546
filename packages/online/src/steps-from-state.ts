import { AmfRegressor } from './amf-regressor.ts'
import { KnnRegressor } from './knn-regressor.ts'
import { LinearRegression } from './linear-regression.ts'
import type { RowRegressor, RowTransformer } from './row-step.ts'
import { StandardScaler } from './standard-scaler.ts'
import { decodeState } from './state.ts'
import { invalid } from './state-errors.ts'

const regressors = new Map<string, (bytes: Uint8Array) => RowRegressor>([
  ['AmfRegressor', AmfRegressor.fromState],
  ['KnnRegressor', KnnRegressor.fromState],
  ['LinearRegression', LinearRegression.fromState]
])
const transformers = new Map<string, (bytes: Uint8Array) => RowTransformer>([
  ['StandardScaler', StandardScaler.fromState]
])

/** The regressor a state holds, whichever it is. @throws {MillraceError} MILL_STATE_INVALID */
export function regressorFromState(bytes: Uint8Array): RowRegressor {
  return restore(regressors, bytes)
}

/** The transformer a state holds, whichever it is. @throws {MillraceError} MILL_STATE_INVALID */
export function transformerFromState(bytes: Uint8Array): RowTransformer {
  return restore(transformers, bytes)
}

function restore<Step>(kinds: ReadonlyMap<string, (bytes: Uint8Array) => Step>, bytes: Uint8Array): Step {
  const kind = decodeState(bytes).string('kind')
  const fromState = kinds.get(kind)
  if (fromState === undefined) throw invalid(`${kind} is not one of ${[...kinds.keys()].join(', ')}`)
  return fromState(bytes)
}

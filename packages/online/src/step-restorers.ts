import { AmfRegressor } from './amf-regressor.ts'
import { KnnRegressor } from './knn-regressor.ts'
import { LinearRegression } from './linear-regression.ts'
import type { Restorers } from './restorers.ts'
import type { RowRegressor, RowTransformer } from './row-step.ts'
import { StandardScaler } from './standard-scaler.ts'
import type { StateSource } from './state.ts'

/** The regressors that can be the last step of a pipeline. */
export const stepRegressors: Restorers<RowRegressor> = new Map<string, (source: StateSource) => RowRegressor>([
  ['AmfRegressor', AmfRegressor.fromState],
  ['KnnRegressor', KnnRegressor.fromState],
  ['LinearRegression', LinearRegression.fromState]
])

/** The transformers that can be the other steps. */
export const stepTransformers: Restorers<RowTransformer> = new Map([['StandardScaler', StandardScaler.fromState]])

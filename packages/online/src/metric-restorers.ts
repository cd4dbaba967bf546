import { Mae, Mape, Mse, Rmse, Smape } from './mean-errors.ts'
import type { LifetimeMetric } from './metric.ts'
import { R2 } from './r2.ts'
import type { Restorers } from './restorers.ts'
import type { StateSource } from './state.ts'

/** The metrics that a rolling one can be made of. */
export const lifetimeMetrics: Restorers<LifetimeMetric> = new Map<string, (source: StateSource) => LifetimeMetric>([
  ['Mae', Mae.fromState],
  ['Mape', Mape.fromState],
  ['Mse', Mse.fromState],
  ['R2', R2.fromState],
  ['Rmse', Rmse.fromState],
  ['Smape', Smape.fromState]
])

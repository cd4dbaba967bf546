import { Mae, Mape, Mse, Rmse, Smape } from './mean-errors.ts'
import type { LifetimeMetric } from './metric.ts'
import { R2 } from './r2.ts'
import { decodeState } from './state.ts'
import { invalid } from './state-errors.ts'

const metrics = new Map<string, (bytes: Uint8Array) => LifetimeMetric>([
  ['Mae', Mae.fromState],
  ['Mape', Mape.fromState],
  ['Mse', Mse.fromState],
  ['R2', R2.fromState],
  ['Rmse', Rmse.fromState],
  ['Smape', Smape.fromState]
])

/** The lifetime metric a state holds, whichever it is. @throws {MillraceError} MILL_STATE_INVALID */
export function lifetimeMetricFromState(bytes: Uint8Array): LifetimeMetric {
  const kind = decodeState(bytes).string('kind')
  const fromState = metrics.get(kind)
  if (fromState === undefined) throw invalid(`${kind} is not one of ${[...metrics.keys()].join(', ')}`)
  return fromState(bytes)
}

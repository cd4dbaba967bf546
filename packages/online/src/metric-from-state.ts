import { lifetimeMetricFromState } from './lifetime-metrics.ts'
import type { Metric } from './metric.ts'
import { Rolling } from './rolling.ts'
import { decodeState } from './state.ts'

/** The metric a state holds, whichever it is. @throws {MillraceError} MILL_STATE_INVALID */
export function metricFromState(bytes: Uint8Array): Metric {
  return decodeState(bytes).string('kind') === 'Rolling' ? Rolling.fromState(bytes) : lifetimeMetricFromState(bytes)
}

import type { Metric } from './metric.ts'
import { lifetimeMetrics } from './metric-restorers.ts'
import { restore, type Restorers } from './restorers.ts'
import { Rolling } from './rolling.ts'
import type { StateSource } from './state.ts'

const metrics: Restorers<Metric> = new Map<string, (source: StateSource) => Metric>([
  ...lifetimeMetrics,
  ['Rolling', Rolling.fromState]
])

/** The metric a state holds, whichever it is. @throws {MillraceError} MILL_STATE_INVALID */
export function metricFromState(source: StateSource): Metric {
  return restore(metrics, source)
}

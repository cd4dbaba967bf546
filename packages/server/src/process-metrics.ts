import { collectDefaultMetrics, Registry } from 'prom-client'
import { registerEventLoopLag } from './event-loop-lag.ts'

/** Metrics of the whole process (CPU, memory, event loop, garbage collection), shared by all its services. */
export interface ProcessMetrics {
  /** As Prometheus text. */
  text(): Promise<string>
}

const replaced = [
  // Sums of nodejs_active_handles and so on; by its name each would be a counter, but is none.
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  // These begin anew with each scrape, whoever it is that scrapes; see registerEventLoopLag.
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map(name => `nodejs_eventloop_lag_${name}_seconds`)
]

/** Create once a process: it starts observing the event loop and the garbage collector. */
export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of replaced) registry.removeSingleMetric(name)
  registerEventLoopLag(registry)
  return { text: () => registry.metrics() }
}

import { collectDefaultMetrics, Registry } from 'prom-client'

/** Metrics of the whole process (CPU, memory, event loop, garbage collection), shared by all its services. */
export interface ProcessMetrics {
  /** As Prometheus text. Delays of the event loop are those since the last call. */
  text(): Promise<string>
}

// Sums of nodejs_active_handles and so on; by its name each would be a counter, but is none.
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total']

/** Create once a process: it starts observing the event loop and the garbage collector. */
export function createProcessMetrics(): ProcessMetrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  for (const name of misnamed) registry.removeSingleMetric(name)
  return {
    // prom-client writes "Nan" where the format has "NaN".
    text: async () => (await registry.metrics()).replaceAll(/ Nan$/gm, ' NaN')
  }
}

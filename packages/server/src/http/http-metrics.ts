import { Counter, Histogram, type Registry } from 'prom-client'

const labelNames = ['service', 'method', 'route', 'status'] as const

/** Counts and times the requests of one app. */
export interface HttpMetrics {
  /** @param answered `route` is the pattern that matched, not the path, so that the number of series stays small */
  observe(answered: { method: string; route: string; status: number; ms: number }): void
}

/** Registers the metrics of one app's requests. */
export function createHttpMetrics(service: string, registry: Registry): HttpMetrics {
  const requests = new Counter({
    name: 'millrace_http_requests_total',
    help: 'HTTP requests answered.',
    labelNames,
    registers: [registry]
  })
  const duration = new Histogram({
    name: 'millrace_http_request_duration_seconds',
    help: 'Time from a request to the end of its reply.',
    labelNames,
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [registry]
  })
  // One label set for each combination, made once: nothing is allocated for them while requests are answered.
  const children = new Map<string, Map<string, Map<number, Child>>>()
  const childOf = (method: string, route: string, status: number): Child => {
    const byStatus = entry(entry(children, route), method)
    const labels = { service, method, route, status: String(status) }
    const child = { count: requests.labels(labels), duration: duration.labels(labels) }
    byStatus.set(status, child)
    return child
  }
  return {
    observe({ method, route, status, ms }) {
      const child = children.get(route)?.get(method)?.get(status) ?? childOf(method, route, status)
      child.count.inc()
      child.duration.observe(ms / 1000)
    }
  }
}

interface Child {
  count: Counter.Internal
  duration: Histogram.Internal<string>
}

function entry<Key, Inner, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  const found = map.get(key) ?? new Map<Inner, Value>()
  map.set(key, found)
  return found
}

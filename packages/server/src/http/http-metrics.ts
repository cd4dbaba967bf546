import type { Registry } from 'prom-client'
import { registerDurations, registerValues } from '../metrics/read-metrics.ts'
import type { RequestTally, TalliedRequests } from './request-tally.ts'

/** Registers what `GET /metrics` of a service tells of the requests that were tallied. */
export function registerHttpMetrics(service: string, registry: Registry, requests: RequestTally): void {
  const labelsOf = ({ method, route, status }: TalliedRequests) => ({ service, method, route, status: String(status) })
  registerValues(registry, 'counter', { name: 'millrace_http_requests_total', help: 'HTTP requests answered.' }, () =>
    requests.all().map(tallied => [labelsOf(tallied), tallied.durations.count] as const)
  )
  registerDurations(
    registry,
    { name: 'millrace_http_request_duration_seconds', help: 'Time from a request to the end of its reply.' },
    () => requests.all().map(tallied => [labelsOf(tallied), tallied.durations] as const)
  )
}

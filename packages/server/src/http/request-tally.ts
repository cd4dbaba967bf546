import { DurationTally } from '../metrics/duration-tally.ts'

/** Upper bounds in seconds of the buckets that requests are counted in. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10]

/** The requests that had method, route and status in common. */
export interface TalliedRequests {
  readonly method: string
  /** The pattern that matched, not the path, so that the number of these stays small. */
  readonly route: string
  readonly status: number
  readonly durations: DurationTally
}

/** Counts and times the requests of one app, for all metrics that tell of them. */
export interface RequestTally {
  /** @param answered with its duration in milliseconds */
  observe(answered: { method: string; route: string; status: number; ms: number }): void
  /** In the order of their first request. */
  all(): readonly TalliedRequests[]
}

/** A tally without requests. */
export function createRequestTally(): RequestTally {
  const byRoute = new Map<string, Map<string, Map<number, TalliedRequests>>>()
  const all: TalliedRequests[] = []
  const added = (method: string, route: string, status: number): TalliedRequests => {
    const tallied = { method, route, status, durations: new DurationTally(bounds) }
    entry(entry(byRoute, route), method).set(status, tallied)
    all.push(tallied)
    return tallied
  }
  return {
    observe({ method, route, status, ms }) {
      const tallied = byRoute.get(route)?.get(method)?.get(status) ?? added(method, route, status)
      tallied.durations.observe(ms / 1000)
    },
    all: () => all
  }
}

function entry<Key, Inner, Value>(map: Map<Key, Map<Inner, Value>>, key: Key): Map<Inner, Value> {
  const found = map.get(key) ?? new Map<Inner, Value>()
  map.set(key, found)
  return found
}

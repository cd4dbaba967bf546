import type { FastifyBaseLogger } from 'fastify'
import { createOutages, type Outages } from '../outages.ts'

/** Tells of what stands behind the routes and fails once, however many requests run into it. */
export interface RouteOutages {
  /** Whether any route fails at present. */
  readonly isAny: boolean
  /** A request failed for a reason that has nothing to do with it. */
  failed(route: string, error: unknown): void
  /** A request did what it was made for. */
  succeeded(route: string): void
}

export function createRouteOutages(log: FastifyBaseLogger): RouteOutages {
  // Only routes that fail at present are here, so that all others cost nothing.
  const failing = new Map<string, Outages>()
  const outageOf = (route: string): Outages =>
    createOutages({
      failed: error => log.error({ route, err: error }, 'requests fail'),
      ended: failures => log.info({ route, failures }, 'requests succeed again')
    })
  return {
    get isAny() {
      return failing.size > 0
    },
    failed(route, error) {
      const outage = failing.get(route) ?? outageOf(route)
      failing.set(route, outage)
      outage.failed(error)
    },
    succeeded(route) {
      failing.get(route)?.succeeded()
      failing.delete(route)
    }
  }
}

import type { FastifyBaseLogger } from 'fastify'
import type { App } from '../app-type.ts'
import { isPassedOn } from './passed-on.ts'
import { pathOf } from './path-of.ts'
import { type AnsweredRequest, logRequest } from './request-log.ts'
import { routeName } from './route-name.ts'
import type { RequestTally } from './request-tally.ts'

/** What is told of an answered request. */
export type { AnsweredRequest } from './request-log.ts'

/** Stands for the route of a request that matches none. */
export const noRoute = 'unmatched'

/** Logs one line and counts one request. @param id its id, unless `logger` tells it already */
export type Observe = (answered: AnsweredRequest, logger: FastifyBaseLogger, id?: string) => void

/** Tells of the requests of one app in its log and in `requests`. */
export function createObserver(requests: RequestTally): Observe {
  return (answered, logger, id) => {
    requests.observe(answered)
    logRequest(logger, answered, id)
  }
}

/** Echoes the request id, and observes each reply but those of another process, which does so itself. */
export function observeRequests(app: App, observe: Observe): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
  const names = new Map<string, string>([[noRoute, noRoute]])
  const nameOf = (pattern: string): string => {
    const known = names.get(pattern)
    if (known !== undefined) return known
    const name = routeName(pattern)
    names.set(pattern, name)
    return name
  }
  app.addHook('onResponse', (request, reply, done) => {
    if (isPassedOn(request.raw)) return done()
    const { method, url, log } = request
    const route = nameOf(request.routeOptions.url ?? noRoute)
    observe({ method, route, path: pathOf(url), status: reply.statusCode, ms: reply.elapsedTime }, log)
    done()
  })
}

import { RepeatedRefusal } from '@millrace/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app-type.ts'
import { AllowedMethods } from './allowed-methods.ts'
import { failure, type Failure, failureOf, wrongMethod } from './failure.ts'
import { noRoute } from './observe-requests.ts'
import { pathOf } from './path-of.ts'
import { isMarkedRepeat, markRepeat } from './repeat.ts'
import { createRouteOutages } from './route-outages.ts'

/**
 * Every failed reply of the app is `{ code, message, details, detail }`. Unknown paths are 404, known ones with another
 * method 405; OPTIONS is answered with the methods of the path. What the client is not at fault for is logged: a 503,
 * which many requests in a row may get, when it begins and when it is over. Call before any route is added.
 */
export function replyToFailures(app: App): void {
  const allowedMethods = new AllowedMethods()
  app.addHook('onRoute', route => allowedMethods.add(route.url, route.method))

  const outages = createRouteOutages(app.log)

  app.setErrorHandler((error, request, reply) => {
    const failed = failureOf(error)
    if (error instanceof RepeatedRefusal) markRepeat(reply)
    // Fastify hangs up after a body that it refuses; a client still sending it would see that and not the reply.
    reply.removeHeader('connection')
    if (failed.status === 503) outages.failed(routeOf(request), error)
    else if (failed.status >= 500) request.log.error({ err: error, code: failed.body.code }, 'request failed')
    return send(reply, request, failed)
  })

  app.addHook('onResponse', (request, reply, done) => {
    // A repeat is answered from memory, whatever the storage does.
    if (outages.isAny && reply.statusCode < 300 && !isMarkedRepeat(reply)) outages.succeeded(routeOf(request))
    done()
  })

  // Before the body is read: nobody needs to send a good body to learn that the path is wrong.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') return send(reply, request, noHost)
    if (!request.is404) return done()
    const allowed = allowedMethods.of(pathOf(request.url))
    if (allowed.length === 0) return send(reply, request, unknownPath)
    reply.header('allow', allowed.join(', '))
    if (request.method === 'OPTIONS') return reply.code(204).send()
    return send(reply, request, wrongMethod)
  })
}

function routeOf({ method, routeOptions }: FastifyRequest): string {
  return `${method} ${routeOptions.url ?? noRoute}`
}

const unknownPath = failure('MILL_ROUTE_NOT_FOUND', 'there is nothing at this path', { detail: 'Not Found' })
const noHost = failure('MILL_REQUEST_INVALID', 'the header Host is missing', { status: 400 })

/** What is away or has too much to do is soon back: clients that ask again at once only make it later. */
function send(reply: FastifyReply, request: FastifyRequest, { status, body }: Failure): FastifyReply {
  if (status === 503) reply.header('retry-after', '1')
  return reply
    .code(status)
    .header('x-request-id', request.id)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body))
}

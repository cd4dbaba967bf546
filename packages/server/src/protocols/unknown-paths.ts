import type { FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app-type.ts'
import { AllowedMethods } from '../http/allowed-methods.ts'
import { failure, wrongMethod } from '../http/failure.ts'
import { pathOf } from '../http/path-of.ts'
import { type FailureBody, sendFailure } from './failed-protocol-replies.ts'

const unknownPath = failure('MILL_ROUTE_NOT_FOUND', 'there is nothing at this path')

/**
 * Answer what no route of this scope answers below a prefix such as `/v2` with the protocol's own errors: unknown paths
 * 404, known ones with another method 405. Call before any route is added.
 */
export function replyToUnknownPaths(app: App, prefix: string, bodyOf: FailureBody): void {
  const allowedMethods = new AllowedMethods()
  const rest = `${prefix}/*`
  app.addHook('onRoute', route => {
    if (route.url !== rest) allowedMethods.add(route.url, route.method)
  })
  const refuse = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const allowed = allowedMethods.of(pathOf(request.url))
    if (allowed.length === 0) return sendFailure(reply, unknownPath.status, bodyOf(unknownPath, request))
    reply.header('allow', allowed.join(', '))
    if (request.method === 'OPTIONS') return reply.code(204).send()
    return sendFailure(reply, wrongMethod.status, bodyOf(wrongMethod, request))
  }
  // The hook comes before the body is read: nobody needs to send a good body to learn that the path is wrong.
  const onRequest = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    refuse(request, reply)
  app.all(rest, { schema: { hide: true }, onRequest }, refuse)
}

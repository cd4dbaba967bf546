import type { Route } from '@millrace/engine'
import type { FastifyReply } from 'fastify'
import { onceForEach } from '../once-for-each.ts'

/** Which version answered, and why, as headers. */
export interface RouteFacts {
  /** Names and values in turn. */
  readonly headers: readonly string[]
  /** The same after `content-type: application/json`. */
  readonly jsonHeaders: readonly string[]
}

/** What answers tell of a route. Made once for each, so that a request costs one look-up. */
export const routeFacts = onceForEach((route: Route): RouteFacts => {
  const headers = headersOf(route)
  return { headers, jsonHeaders: ['content-type', 'application/json', ...headers] }
})

/** Say in headers of a reply which version answers, and why. */
export function tellRoute(reply: FastifyReply, route: Route): void {
  const { headers } = routeFacts(route)
  for (let at = 0; at < headers.length; at += 2) void reply.header(headers[at]!, headers[at + 1])
}

/**
 * Why this version is one structured field with parameters, rather than a header for each fact: every header costs a reply
 * half as much as finding the arm of its unit.
 */
function headersOf({ version, reason, assignment }: Route): string[] {
  const decidedBy =
    assignment === undefined
      ? ''
      : `;experiment=${structuredText(assignment.experiment)};arm=${structuredText(assignment.arm)}`
  return ['x-model-version', headerText(version), 'x-route', reason + decidedBy]
}

/**
 * A name in a structured field: a String where it is printable ASCII, else a Display String.
 * @see RFC 9651, sections 4.1.6 and 4.1.11
 */
function structuredText(name: string): string {
  if (/^[\x20-\x7e]*$/.test(name)) return `"${name.replaceAll(/["\\]/g, '\\$&')}"`
  const encoded = name.toWellFormed().replaceAll(/[^\x20-\x7e]+|["%]/gu, part => encodeURIComponent(part).toLowerCase())
  return `%"${encoded}"`
}

/**
 * A name as the value of a header: as it is when it is printable ASCII, and else with what is not percent-encoded as in a
 * URL, `%` itself among it, so that decoding always gives the name.
 */
export function headerText(name: string): string {
  return name.toWellFormed().replaceAll(/[^\x21-\x24\x26-\x7e]+/gu, encodeURIComponent)
}

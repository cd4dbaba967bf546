import type { IncomingHttpHeaders } from 'node:http'
import { MillraceError } from '@millrace/common'
import { Type } from '@millrace/protocol'
import type { FastifyReply } from 'fastify'

/** Header of requests that change what they know, documented. */
export const IfMatchHeadersSchema = Type.Object({
  'if-match': Type.Optional(
    Type.String({ description: 'ETag of what you know: changed is that only, and else the reply is 412.' })
  )
})

/** Tell in a header which revision a reply is of. */
export function tagged(reply: Pick<FastifyReply, 'header'>, revision: number): void {
  void reply.header('etag', `"${revision}"`)
}

/**
 * The revision that a request wants to change, by `If-Match` (RFC 9110, section 13.1.1); undefined for whichever there is.
 * @param known the one that this process knows: of several tags, it is the one
 * @throws {MillraceError} MILL_REVISION_CONFLICT for tags that no revision has
 */
export function revisionWanted({ 'if-match': header }: IncomingHttpHeaders, known: number): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined
  const revisions = header.split(',').flatMap(tag => /^\s*"(\d{1,15})"\s*$/.exec(tag)?.[1] ?? [])
  const wanted = revisions.includes(String(known)) ? String(known) : revisions[0]
  if (wanted !== undefined) return Number(wanted)
  throw new MillraceError('MILL_REVISION_CONFLICT', `no revision has such an ETag; the present one has "${known}"`, {
    details: { revision: known }
  })
}

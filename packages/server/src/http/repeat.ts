import type { FastifyReply } from 'fastify'

/** What the documents of a route say about requests that come again. */
export const repeatsNote =
  'With an id, in observation_id or the header Idempotency-Key, a repeat gets the same reply, the header ' +
  'Idempotency-Replayed: true, and changes nothing.'

const header = 'idempotency-replayed'

/** Tell in a header that this request came before. */
export function markRepeat(reply: Pick<FastifyReply, 'header'>): void {
  void reply.header(header, 'true')
}

/** Whether {@link markRepeat} told so. */
export function isMarkedRepeat(reply: Pick<FastifyReply, 'hasHeader'>): boolean {
  return reply.hasHeader(header)
}

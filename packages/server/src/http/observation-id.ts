import type { IncomingHttpHeaders } from 'node:http'
import { longestObservationId } from '@millrace/protocol'
import { HttpError, invalidRequest } from './failure.ts'

/** Where a request may say which observation it carries. */
export interface IdCarrier {
  headers: IncomingHttpHeaders
  body: { observation_id?: string | number | undefined }
}

/**
 * The id of the observation that a request carries, from its body or its header `Idempotency-Key`.
 * @returns undefined when it has none
 * @throws {HttpError} MILL_REQUEST_INVALID when the two differ, or one cannot be an id
 */
export function observationIdOf({ headers, body }: IdCarrier): string | undefined {
  const inHeader = idempotencyKeyOf(headers)
  const inBody = body.observation_id
  if (inBody === undefined) return inHeader
  const id = observationIdIn(inBody, ['body', 'observation_id'])
  if (inHeader === undefined || inHeader === id) return id
  throw refused(['body', 'observation_id'], 'Input should be the same as the header Idempotency-Key')
}

/**
 * An id that the schema has let through, as text.
 * @param loc where it is, for the error
 * @throws {HttpError} MILL_REQUEST_INVALID for text that is not Unicode: it would not come back from a journal as it went in
 */
export function observationIdIn(given: string | number, loc: (string | number)[]): string {
  if (typeof given === 'number') return String(given)
  if (given.isWellFormed()) return given
  throw refused(loc, 'String should be well-formed Unicode, without lone surrogates')
}

/** @throws {HttpError} MILL_REQUEST_INVALID for a header that is no id */
export function idempotencyKeyOf(headers: IdCarrier['headers']): string | undefined {
  // Node.js joins a header that comes more than once.
  const given = headers['idempotency-key']?.toString()
  if (given === undefined) return undefined
  const key = plain.test(given) ? given : unquoted(given)
  if (key.length >= 1 && key.length <= longestObservationId) return key
  throw refused(
    ['header', 'idempotency-key'],
    `Header should be 1 to ${longestObservationId} visible ASCII characters, plain or as a quoted string`
  )
}

/** Visible characters; a quote at the beginning begins a quoted string. */
const plain = /^[\x21\x23-\x7e][\x21-\x7e]*$/

/** A string of RFC 9651, section 3.3.3, which the draft of the Idempotency-Key header asks for. */
const quoted = /^"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"$/

/** What a quoted string says; nothing where there is none. */
function unquoted(given: string): string {
  return quoted.exec(given)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? ''
}

function refused(loc: (string | number)[], msg: string): HttpError {
  return new HttpError(invalidRequest([{ type: 'value_error', loc, msg }]))
}

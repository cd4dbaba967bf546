import type { IncomingHttpHeaders } from 'node:http'
import type { Unit } from '@millrace/engine'
import { longestUnitId } from '@millrace/protocol'
import { HttpError, invalidRequest } from './failure.ts'

/** Header that names the unit, unless another is configured. */
const standardUnitHeader = 'X-Unit-ID'

/** What a request says in its body, or in its parameters, of itself and of who asks; both are checked. */
export interface Names {
  readonly unitId?: string | undefined
  /** The id of the request. */
  readonly id?: string | undefined
}

/** What brought a request. */
export interface Envelope {
  readonly headers: IncomingHttpHeaders
  /** The caller's `X-Request-ID`, or one that was made. */
  readonly id: string
}

/** Who asks, and by which id feedback can name the request. */
export interface Asking {
  readonly unit: Unit
  readonly requestId: string
}

/**
 * Finds out who asks: the unit that the request names, else its header, else the request by its own id, else by its
 * `X-Request-ID`, else by the id that was made for it. A fraction of a microsecond.
 * @param position in what came together; requests of a batch that name nothing are units of their own
 * @throws {HttpError} MILL_REQUEST_INVALID for a header that is too long
 */
export type WhoAsks = (names: Names, envelope: Envelope, position?: number) => Asking

/** @param header name of the header that names the unit */
export function whoAsksBy(header: string = standardUnitHeader): WhoAsks {
  const key = header.toLowerCase()
  return ({ unitId, id: own }, { headers, id }, position) => {
    const made = position === undefined ? id : `${id}_${position}`
    const requestId = own ?? made
    const named = unitId ?? unitInHeader(headers[key], header)
    if (named !== undefined) return { unit: { id: named, isGiven: true }, requestId }
    // Protocols let ids be of any length, and one that no unit can have is not refused for what nobody asked of it.
    if (own !== undefined && isUnitId(own)) return { unit: { id: own, isGiven: true }, requestId }
    return { unit: { id: made, isGiven: headers['x-request-id'] === id }, requestId }
  }
}

/** Whether a text can name a unit: 1 to 256 characters, of one or two code units each. */
export function isUnitId(text: string): boolean {
  const { length } = text
  if (length <= longestUnitId) return length > 0
  return length <= 2 * longestUnitId && Array.from(text).length <= longestUnitId
}

/** An empty header is none: that is how proxies take one away. */
function unitInHeader(given: string | string[] | undefined, header: string): string | undefined {
  if (given === undefined || given.length === 0) return undefined
  const text = inUnicode(typeof given === 'string' ? given : given.join(', '))
  if (isUnitId(text)) return text
  const msg = `String should have at most ${longestUnitId} characters`
  throw new HttpError(invalidRequest([{ type: 'string_too_long', loc: ['header', header], msg }]))
}

/** Headers come as bytes; those of other letters than ASCII's are UTF-8 from nearly everybody. */
function inUnicode(text: string): string {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text
  const bytes = Buffer.from(text, 'latin1')
  const decoded = bytes.toString('utf8')
  return decoded.includes('\ufffd') ? text : decoded
}

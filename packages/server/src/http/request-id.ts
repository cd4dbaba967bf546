import { randomUUID } from 'node:crypto'

const acceptable = /^[\x20-\x7e]{1,128}$/

/** The id of a request: the caller's own `X-Request-ID` if it is 1 to 128 printable ASCII characters, else a new one. */
export function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && acceptable.test(given) ? given : randomUUID()
}

import { isUtf8 } from 'node:buffer'
import { failure, HttpError } from './failure.ts'

/**
 * Reads a JSON body. Keys such as `__proto__` become ordinary own properties. An empty body is undefined, and a byte
 * order mark at the start is passed over.
 * @throws {HttpError} MILL_JSON_INVALID or MILL_JSON_TOO_DEEP
 */
export function parseJsonBody(body: Buffer, depthLimit: number): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw invalidJson('the body is not valid UTF-8')
  if (isDeeperThan(body, depthLimit)) throw tooDeep(depthLimit)
  const text = body.toString('utf8')
  try {
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)
  } catch (error) {
    throw invalidJson('the body is not valid JSON; NaN and Infinity are not JSON either', positionIn(error))
  }
}

const quote = 0x22
const backslash = 0x5c

/** Looks at brackets outside of strings only: one pass over the bytes, whatever the depth. */
function isDeeperThan(body: Buffer, limit: number): boolean {
  let depth = 0
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]
    if (byte === quote) i = endOfString(body, i)
    // '{' and '[' differ in one bit, and so do '}' and ']'.
    else if ((byte! | 0x20) === 0x7b) {
      if (++depth > limit) return true
    } else if ((byte! | 0x20) === 0x7d) depth--
  }
  return false
}

function endOfString(body: Buffer, start: number): number {
  let i = start + 1
  while (i < body.length && body[i] !== quote) i += body[i] === backslash ? 2 : 1
  return i
}

/** V8 tells where it stopped for some faults; its message is not passed on because it quotes the body. */
function positionIn(error: unknown): number | undefined {
  const position = error instanceof SyntaxError ? /at position (\d+)/.exec(error.message)?.[1] : undefined
  return position === undefined ? undefined : Number(position)
}

function invalidJson(message: string, position?: number): HttpError {
  const loc = position === undefined ? ['body'] : ['body', position]
  const details = position === undefined ? {} : { position }
  return new HttpError(
    failure('MILL_JSON_INVALID', message, { details, detail: [{ type: 'json_invalid', loc, msg: message }] })
  )
}

function tooDeep(limit: number): HttpError {
  const message = `the body nests arrays and objects more than ${limit} deep`
  return new HttpError(
    failure('MILL_JSON_TOO_DEEP', message, {
      details: { limit },
      detail: [{ type: 'json_too_deep', loc: ['body'], msg: message }]
    })
  )
}

import { MillraceError } from '@millrace/common'

/** What is asked. */
export interface CallRequest {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
}

/**
 * One HTTP call; undefined for an answer without content.
 * @throws {MillraceError} MILL_UPSTREAM_FAILED, with the `status` in its details where there was an answer
 */
export type Call = (request: CallRequest) => Promise<Record<string, unknown> | undefined>

/** Time, so that a test can turn it by hand. */
export interface CallTime {
  /** Milliseconds that never go backwards. */
  now(): number
  pause(ms: number): Promise<void>
}

const processTime: CallTime = {
  now: () => performance.now(),
  pause: ms => new Promise(resolve => void setTimeout(resolve, ms))
}

/** The pauses before further attempts: long enough for a service that restarts, short beside the time of a call. */
const pausesMs = [100, 300, 600]

/**
 * Makes calls. One that fails for a reason that may pass (no connection, a failure of the server, too many requests) is
 * made again, a few times while its time lasts; so it should be one that may be repeated.
 * @param options `timeoutMs` is the time of one call with all its attempts
 */
export function httpCaller({ timeoutMs, time = processTime }: { timeoutMs: number; time?: CallTime }): Call {
  return async request => {
    const end = time.now() + timeoutMs
    for (const pauseMs of pausesMs) {
      try {
        return await attempt(request, end - time.now(), timeoutMs)
      } catch (error) {
        if (!mayPass(error) || time.now() + pauseMs >= end) throw error
      }
      await time.pause(pauseMs)
    }
    return await attempt(request, end - time.now(), timeoutMs)
  }
}

/** A call did not lead to what it was made for. */
export function upstreamFailed(
  what: string,
  why: string,
  { status, cause }: { status?: number; cause?: unknown } = {}
) {
  return new MillraceError('MILL_UPSTREAM_FAILED', `${what}: ${why}`, {
    ...(cause === undefined ? {} : { cause }),
    details: status === undefined ? {} : { status }
  })
}

/** The HTTP status that a call failed with; undefined when there was no answer, or the error is another one. */
export function statusOf(error: unknown): number | undefined {
  const status = error instanceof MillraceError ? error.details['status'] : undefined
  return typeof status === 'number' ? status : undefined
}

/** @throws {MillraceError} MILL_UPSTREAM_FAILED unless the answer from `url` is a JSON object */
export function object(value: unknown, url: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw upstreamFailed(url, 'the answer is not the documented JSON object', { status: 200 })
}

async function attempt(request: CallRequest, leftMs: number, timeoutMs: number) {
  const { method, url, headers, body } = request
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const type = body === undefined ? {} : { 'content-type': 'application/json' }
  try {
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(leftMs)))
    const response = await fetch(url, { method, signal, headers: { ...type, ...headers }, ...content })
    const text = await response.text()
    const { status } = response
    if (!response.ok) throw upstreamFailed(url, `status ${status}: ${text.slice(0, 200)}`, { status })
    return status === 204 ? undefined : object(parsed(text, `${method} ${url}`), url)
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw upstreamFailed(`${method} ${url}`, reason(error, timeoutMs), { cause: error })
  }
}

function parsed(text: string, what: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw upstreamFailed(what, error instanceof Error ? error.message : String(error), { status: 200, cause: error })
  }
}

/** Whether the same call may go well a moment later. */
function mayPass(error: unknown): boolean {
  const status = statusOf(error)
  return status === undefined || status >= 500 || status === 408 || status === 425 || status === 429
}

/** What a failed fetch means; undici hides the system's error one level down. */
function reason(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const { cause } = error
  if (!(cause instanceof Error)) return error.message
  return cause.message || ('code' in cause ? String(cause.code) : error.message)
}

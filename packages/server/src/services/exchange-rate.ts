import { MillraceError } from '@millrace/common'
import { failure, HttpError } from '../http/failure.ts'

/** What {@link fetchRate} needs. */
export interface RateQuestion {
  apiUrl: string
  currency: string
  timeoutMs: number
  fetch: typeof globalThis.fetch
}

/**
 * Ask the exchange, once, how many units of a currency one USD buys.
 * @throws {MillraceError} MILL_UPSTREAM_FAILED; {@link HttpError} with status 504 when it takes too long
 */
export async function fetchRate({ apiUrl, currency, timeoutMs, fetch }: RateQuestion): Promise<number> {
  const reply = await ask(apiUrl, timeoutMs, fetch)
  const text = rateIn(reply, currency)
  if (text === undefined) throw upstreamFailed(`the exchange has no rate for ${currency}`)
  const rate = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  // A rate so small or large that its inverse is not a finite number > 0 is no price either.
  if (rate > 0 && Number.isFinite(rate) && Number.isFinite(1 / rate)) return rate
  throw upstreamFailed(`the exchange's rate for ${currency} is not a number above 0`)
}

async function ask(apiUrl: string, timeoutMs: number, fetch: typeof globalThis.fetch): Promise<unknown> {
  let response: Response
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    response = await fetch(apiUrl, { signal, headers: { accept: 'application/json' } })
    if (response.ok) return await response.json()
  } catch (error) {
    if (isTimeout(error)) throw tookTooLong(timeoutMs)
    throw upstreamFailed('the exchange cannot be reached or does not answer in JSON', error)
  }
  throw upstreamFailed(`the exchange answered with status ${response.status}`)
}

function rateIn(reply: unknown, currency: string): string | undefined {
  const rates = field(field(reply, 'data'), 'rates')
  const rate = field(rates, currency)
  return typeof rate === 'string' ? rate : undefined
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'TimeoutError'
}

function tookTooLong(timeoutMs: number): HttpError {
  return new HttpError(
    failure('MILL_UPSTREAM_FAILED', `the exchange did not answer within ${timeoutMs / 1000} s`, { status: 504 })
  )
}

function upstreamFailed(message: string, cause?: unknown): MillraceError {
  return new MillraceError('MILL_UPSTREAM_FAILED', message, cause === undefined ? {} : { cause })
}

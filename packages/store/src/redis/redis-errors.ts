import { MillraceError } from '@millrace/common'
import type { ErrorReply } from '@redis/client'

/** Replies that say that this Redis can serve nobody at present, whatever the key. */
const serverWide = new Set([
  'BUSY',
  'CLUSTERDOWN',
  'LOADING',
  'MASTERDOWN',
  'MISCONF',
  'NOAUTH',
  'NOREPLICAS',
  'OOM',
  'READONLY',
  'UNKILLABLE',
  'WRONGPASS'
])

/** A MILL_STORE_FAILED about the Redis at `address`. Whether a command on its way was executed is not known. */
export function redisLost(address: string, problem: string, cause?: unknown): MillraceError {
  return new MillraceError('MILL_STORE_FAILED', `Redis at ${address} ${problem}`, {
    ...(cause === undefined ? {} : { cause }),
    details: { address }
  })
}

/**
 * The error to raise instead of what the client raised: an error that Redis answered has its first word (`OOM`,
 * `WRONGTYPE`) in `details.reply`.
 */
export function fromRedis(address: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error
  if (isReply(error)) return fromReply(address, error)
  // What the client's parser raises when the other side speaks another protocol.
  const isStrange =
    error instanceof TypeError || (error instanceof Error && error.message.startsWith('Unknown RESP type'))
  return redisLost(address, isStrange ? 'does not answer as a Redis does' : `failed: ${reason(error)}`, error)
}

/** By name, so that the client is loaded only where a Redis is configured: it is the largest part of a start. */
function isReply(error: unknown): error is ErrorReply {
  return error instanceof Error && /^(ErrorReply|SimpleError|BlobError)$/.test(error.constructor.name)
}

function fromReply(address: string, error: ErrorReply): MillraceError {
  const reply = error.message.split(' ', 1)[0]!
  return new MillraceError('MILL_STORE_FAILED', `Redis at ${address} answered: ${error.message}`, {
    cause: error,
    details: { address, reply }
  })
}

/** The first word of the error that Redis answered; undefined when there was no answer. */
export function replyCode(error: unknown): string | undefined {
  const reply = error instanceof MillraceError ? error.details['reply'] : undefined
  return typeof reply === 'string' ? reply : undefined
}

/** Whether this Redis can serve nobody at present. */
export function isServerWide(error: unknown): boolean {
  return serverWide.has(replyCode(error) ?? '')
}

/** What Node.js says of a failed connection: often an AggregateError without a message. */
function reason(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}

/** Whether Redis refused a command because of its keys: a value of another type, or no right to it. */
export function isAboutKeys(error: unknown): boolean {
  return replyCode(error) !== undefined && !isServerWide(error)
}

import { MillraceError } from '@millrace/common'
import { isObject } from '../check-json.ts'
import { codeOf } from '../source-errors.ts'

/** Refusals that may pass although their status says that asking again is of no use. */
const passing = new Set(['RequestTimeout', 'RequestTimeTooSkewed', 'SlowDown', 'ThrottlingException'])

/** Faults of the local disk, not of the bucket. */
const onDisk = new Set(['EACCES', 'EDQUOT', 'EIO', 'EMFILE', 'ENOENT', 'ENOSPC', 'ENOTDIR', 'EPERM', 'EROFS'])

const reasons: Record<string, string> = {
  AccessDenied: 'access is denied',
  Forbidden: 'access is denied',
  InvalidAccessKeyId: 'the credentials are refused',
  SignatureDoesNotMatch: 'the credentials are refused',
  ExpiredToken: 'the credentials have expired',
  InvalidToken: 'the credentials are refused',
  CredentialsProviderError: 'there are no credentials',
  NoSuchBucket: 'the bucket does not exist',
  NoSuchKey: 'the object does not exist',
  NotFound: 'the bucket or the object does not exist',
  PreconditionFailed: 'the object has changed',
  PermanentRedirect: 'the bucket is in another region',
  AuthorizationHeaderMalformed: 'the bucket is in another region',
  AbortError: 'it does not answer in time',
  TimeoutError: 'it does not answer in time'
}

/** Whether asking again may help: the network, a server that is down or busy, a body that broke off. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof MillraceError) return false
  if (error.name === 'CredentialsProviderError' || onDisk.has(codeOf(error) ?? '')) return false
  const status = statusOf(error)
  return (
    status === undefined || status >= 500 || status < 300 || status === 408 || status === 429 || passing.has(error.name)
  )
}

/** Whether the content asked for is not there any more. */
export function isGone(error: unknown): boolean {
  const status = statusOf(error)
  return status === 404 || status === 412
}

/** Whether this object may not be seen. */
export function isForbidden(error: unknown): boolean {
  return statusOf(error) === 403
}

/**
 * Why a bucket did not do something, in words of our own: messages and fields of the client's errors may hold the parts
 * of a signature.
 */
export function bucketProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof MillraceError) return error.message
  const code = codeOf(error)
  if (code !== undefined && onDisk.has(code)) return `the folder of the cache cannot be used (${code})`
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return `the connection failed (${code})`
  const known = reasons[error.name]
  if (known !== undefined) return known
  const status = statusOf(error)
  if (status === 403) return 'access is denied'
  return status !== undefined && status >= 400
    ? `it answers ${status} ${error.name}`
    : `the connection failed (${error.name})`
}

function statusOf(error: unknown): number | undefined {
  const metadata = isObject(error) ? error['$metadata'] : undefined
  const status = isObject(metadata) ? metadata['httpStatusCode'] : undefined
  return typeof status === 'number' ? status : undefined
}

import { type ErrorCode, MillraceError } from '@millrace/common'

/** The message of whatever was thrown. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** In the words of Triton, which clients look for. */
export function unknownModel(model: string): MillraceError {
  return new MillraceError('MILL_MODEL_NOT_FOUND', `Request for unknown model: '${model}' is not found`, {
    details: { model }
  })
}

/** @param why what there is to say beside that it is not there */
export function unknownVersion(model: string, version: string, why = 'is not found'): MillraceError {
  return new MillraceError(
    'MILL_VERSION_NOT_FOUND',
    `Request for unknown model: '${model}' version ${version} ${why}`,
    { details: { model, version } }
  )
}

/** A version that is known and cannot be asked at present. */
export function notReady(
  { model, version }: { model: string; version?: string | undefined },
  reason: string,
  cause?: unknown
): MillraceError {
  const what = version === undefined ? `model '${model}'` : `model '${model}' version ${version}`
  return new MillraceError('MILL_MODEL_NOT_READY', `${what} is not ready: ${reason}`, {
    cause,
    details: { model, version, reason }
  })
}

/** A request that waited as long as it may. */
export function deadlineExceeded(model: string, waitedMs: number): MillraceError {
  const message = `the request to model '${model}' was not answered within ${Math.round(waitedMs * 1000) / 1000} ms`
  return new MillraceError('MILL_DEADLINE_EXCEEDED', message, { details: { model } })
}

const faults: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'MILL_DEADLINE_EXCEEDED',
  'MILL_MODEL_NOT_FOUND',
  'MILL_MODEL_NOT_READY',
  'MILL_OVERLOADED',
  'MILL_RUN_FAILED',
  'MILL_VERSION_NOT_FOUND'
])

/** Whether it lies with the version or the server that a request which was routed to that version failed. */
export function isFault(error: unknown): boolean {
  return !(error instanceof MillraceError) || faults.has(error.code)
}

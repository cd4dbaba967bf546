/** Every code Millrace raises. Codes are API: add freely, never rename or reuse. */
export const errorCodes = [
  'MILL_BODY_TOO_LARGE',
  'MILL_CONFIG_INVALID',
  'MILL_DATA_INVALID',
  'MILL_FEATURE_LIMIT',
  'MILL_INTERNAL',
  'MILL_JSON_INVALID',
  'MILL_JSON_TOO_DEEP',
  'MILL_MEDIA_TYPE_UNSUPPORTED',
  'MILL_METHOD_NOT_ALLOWED',
  'MILL_OPTION_INVALID',
  'MILL_OUTPUT_FAILED',
  'MILL_PORT_TAKEN',
  'MILL_REQUEST_INVALID',
  'MILL_ROUTE_NOT_FOUND',
  'MILL_SERIES_NOT_FOUND',
  'MILL_STATE_INVALID',
  'MILL_STORE_FAILED',
  'MILL_UPSTREAM_FAILED',
  'MILL_VALUE_NOT_FINITE',
  'MILL_VALUE_OUT_OF_RANGE'
] as const

/** One of {@link errorCodes}. */
export type ErrorCode = (typeof errorCodes)[number]

/** Raised on purpose. Callers branch on `code`, never on `message`. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError'
  readonly code: ErrorCode
  /** Facts to log or act on: plain JSON, no secrets, no feature values. */
  readonly details: Record<string, unknown>

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { details?: Record<string, unknown> } = {}) {
    super(message, options)
    this.code = code
    this.details = options.details ?? {}
  }
}

/** Every code Millrace raises. Codes are API: add freely, never rename or reuse. */
export const errorCodes = [
  'MILL_BACKUP_INVALID',
  'MILL_BODY_TOO_LARGE',
  'MILL_CONFIG_INVALID',
  'MILL_DATA_INVALID',
  'MILL_DEADLINE_EXCEEDED',
  'MILL_EXPERIMENT_EXISTS',
  'MILL_EXPERIMENT_INVALID',
  'MILL_EXPERIMENT_NOT_FOUND',
  'MILL_EXPERIMENT_STATE',
  'MILL_FEATURE_LIMIT',
  'MILL_ID_CONFLICT',
  'MILL_INPUT_INVALID',
  'MILL_INTERNAL',
  'MILL_JOURNAL_DAMAGED',
  'MILL_JSON_INVALID',
  'MILL_JSON_TOO_DEEP',
  'MILL_LABEL_CONFLICT',
  'MILL_LEARN_DIVERGED',
  'MILL_MEDIA_TYPE_UNSUPPORTED',
  'MILL_MEMORY_LIMIT',
  'MILL_METHOD_NOT_ALLOWED',
  'MILL_MODEL_INVALID',
  'MILL_MODEL_NOT_FOUND',
  'MILL_MODEL_NOT_READY',
  'MILL_NOT_WRITER',
  'MILL_OPTION_INVALID',
  'MILL_OUTPUT_FAILED',
  'MILL_OVERLOADED',
  'MILL_PORT_TAKEN',
  'MILL_PREDICTION_EXPIRED',
  'MILL_PREDICTION_NOT_FOUND',
  'MILL_REQUEST_INVALID',
  'MILL_REVISION_CONFLICT',
  'MILL_ROUTE_NOT_FOUND',
  'MILL_RUN_FAILED',
  'MILL_SERIES_NOT_FOUND',
  'MILL_SOURCE_FAILED',
  'MILL_STATE_INVALID',
  'MILL_STORE_FAILED',
  'MILL_UNIT_REQUIRED',
  'MILL_UNSUPPORTED',
  'MILL_UPSTREAM_FAILED',
  'MILL_VALUE_NOT_FINITE',
  'MILL_VALUE_OUT_OF_RANGE',
  'MILL_VERSION_EXISTS',
  'MILL_VERSION_NOT_FOUND',
  'MILL_WRITER_FENCED',
  'MILL_WRITER_TAKEN'
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

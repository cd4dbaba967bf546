import { type ErrorCode, MillraceError } from '@millrace/common'
import type { ErrorReply, RequestFault } from '@millrace/protocol'
import { errorTable } from './error-table.ts'
import { faultsOf, inWords, type ValidationProblem } from './faults.ts'
import { statusTexts } from './node-http.ts'

/** A failed request: status and body of its reply. */
export interface Failure {
  status: number
  body: ErrorReply
}

/** Raised where a reply needs a status or a `detail` that its code alone does not give. */
export class HttpError extends Error {
  readonly failure: Failure

  constructor(given: Failure) {
    super(given.body.message)
    this.failure = given
  }
}

/** Builds a failure; the status is that of the code and `detail` is the message, unless given. */
export function failure(
  code: ErrorCode,
  message: string,
  options: { status?: number; details?: Record<string, unknown>; detail?: string | RequestFault[] } = {}
): Failure {
  const { status = errorTable[code].status, details = {}, detail = message } = options
  return { status, body: { code, message, details, detail } }
}

/** What the client is told of a thrown error: everything about its own mistakes, nothing about our insides. */
export function failureOf(error: unknown): Failure {
  if (error instanceof HttpError) return error.failure
  if (error instanceof MillraceError) return failureOfOurs(error)
  const { code = '', statusCode = 500, validation, validationContext } = facts(error)
  if (validation !== undefined) {
    return invalidRequest(faultsOf(validation, validationContext === 'params' ? 'path' : 'body'))
  }
  const known = failuresOfFastify.get(code)
  if (known !== undefined) return known
  if (statusCode < 400 || statusCode >= 500) return failure('MILL_INTERNAL', 'internal error')
  return failure('MILL_REQUEST_INVALID', statusTexts[statusCode] ?? 'bad request', { status: statusCode })
}

const failuresOfFastify = new Map([
  ['FST_ERR_CTP_BODY_TOO_LARGE', failure('MILL_BODY_TOO_LARGE', 'the request body is larger than the service takes')],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', failure('MILL_MEDIA_TYPE_UNSUPPORTED', 'the Content-Type is not a media type')],
  ['FST_ERR_BAD_URL', failure('MILL_REQUEST_INVALID', 'the path is not percent-encoded UTF-8', { status: 400 })],
  ['FST_ERR_MAX_PARAM_LENGTH', failure('MILL_REQUEST_INVALID', 'a part of the path is too long', { status: 414 })]
])

/** A path that exists, asked with a method it does not answer. */
export const wrongMethod = failure('MILL_METHOD_NOT_ALLOWED', 'this path does not answer that method', {
  detail: 'Method Not Allowed'
})

/** A request whose fields are not as they must be. */
export function invalidRequest(faults: RequestFault[]): Failure {
  const problems = faults.map(inWords)
  return failure('MILL_REQUEST_INVALID', problems.join('; '), { details: { problems }, detail: faults })
}

/** Codes of a 5xx whose messages tell what the client can act on, and nothing of our insides. */
const tellable: ReadonlySet<ErrorCode> = new Set([
  'MILL_DEADLINE_EXCEEDED',
  'MILL_MODEL_NOT_READY',
  'MILL_OVERLOADED',
  'MILL_RUN_FAILED',
  'MILL_UNSUPPORTED',
  'MILL_UPSTREAM_FAILED'
])

/** The message of any other code answered with a 5xx may tell of files and hosts; that belongs in the log only. */
function failureOfOurs(error: MillraceError): Failure {
  const { status, meaning } = errorTable[error.code]
  if (status >= 500 && !tellable.has(error.code)) return failure(error.code, meaning)
  return failure(error.code, error.message, { details: error.details })
}

interface ErrorFacts {
  code?: string
  statusCode?: number
  validation?: ValidationProblem[]
  validationContext?: string
}

function facts(error: unknown): ErrorFacts {
  return typeof error === 'object' && error !== null ? error : {}
}

import { status } from '@grpc/grpc-js'
import { protocolFailureOf } from '../protocols/failed-protocol-replies.ts'

/** What the client of a call is told of an error. */
export interface GrpcFailure {
  code: status
  details: string
  /** The code that stays the same whatever the message says. */
  errorCode: string
}

const statusOfHttp = new Map([
  [404, status.NOT_FOUND],
  [409, status.FAILED_PRECONDITION],
  [413, status.RESOURCE_EXHAUSTED],
  [501, status.UNIMPLEMENTED],
  [502, status.UNAVAILABLE],
  [503, status.UNAVAILABLE]
])

/** The status and message of a failed call: what HTTP says, in the codes of gRPC. */
export function grpcFailureOf(error: unknown): GrpcFailure {
  const { status: httpStatus, body } = protocolFailureOf(error)
  return { code: codeOf(body.code, httpStatus), details: body.message, errorCode: body.code }
}

function codeOf(errorCode: string, httpStatus: number): status {
  if (errorCode === 'MILL_DEADLINE_EXCEEDED') return status.DEADLINE_EXCEEDED
  return statusOfHttp.get(httpStatus) ?? (httpStatus < 500 ? status.INVALID_ARGUMENT : status.INTERNAL)
}

import { type handleUnaryCall, Metadata, type sendUnaryData, type ServerUnaryCall, status } from '@grpc/grpc-js'
import { requestId } from '../http/request-id.ts'
import type { Logger } from '../logger.ts'
import { grpcFailureOf } from './grpc-failure.ts'

/** What every kind of call has. */
export type AnyCall = Pick<ServerUnaryCall<unknown, unknown>, 'getDeadline' | 'getPath' | 'metadata' | 'sendMetadata'>

/** Answers one request of a call. @param id that of the call, as logs have it */
export type Answer<Request> = (request: Request, call: AnyCall, id: string) => object | Promise<object>

/**
 * A call with one request and one reply. What it throws becomes the status of the call, with the code of the error and the
 * id of the request in the trailing metadata. Logs one line.
 */
export function unaryCall<Request>(log: Logger, answer: Answer<Request>): handleUnaryCall<Request, object> {
  return (call, callback) => void respond(log, answer, call, callback)
}

async function respond<Request>(
  log: Logger,
  answer: Answer<Request>,
  call: ServerUnaryCall<Request, object>,
  callback: sendUnaryData<object>
): Promise<void> {
  const { id, finish } = followCall(log, call)
  try {
    const reply = await answer(call.request, call, id)
    finish()
    callback(null, reply)
  } catch (error) {
    callback(finish(error))
  }
}

/** How a call ends. */
export interface CallEnd {
  code: status
  details: string
  metadata: Metadata
}

/** A call that is being answered. */
export interface FollowedCall {
  /** The caller's own `x-request-id`, or one that was made. */
  readonly id: string
  /** Tells of the call in the log. @param error what went wrong, if anything did */
  finish(error?: unknown): CallEnd
}

export function followCall(log: Logger, call: AnyCall): FollowedCall {
  const startedAt = performance.now()
  const id = requestId(call.metadata.get('x-request-id')[0]?.toString())
  const finish: FollowedCall['finish'] = error => {
    const end = error === undefined ? { code: status.OK, details: '', metadata: new Metadata() } : failed(error, id)
    const line = { request_id: id, path: call.getPath(), status: status[end.code], ms: performance.now() - startedAt }
    if (end.code === status.INTERNAL) log.error({ ...line, err: error }, 'call failed')
    log.info(line, 'call completed')
    return end
  }
  return { id, finish }
}

function failed(error: unknown, id: string): CallEnd {
  const { code, details, errorCode } = grpcFailureOf(error)
  const metadata = new Metadata()
  metadata.set('x-request-id', id)
  metadata.set('x-error-code', errorCode)
  return { code, details, metadata }
}

/** Milliseconds until the caller waits no more; Infinity when it did not say. */
export function waitMs(call: AnyCall): number {
  const deadline = call.getDeadline()
  return Math.max(0, (deadline instanceof Date ? deadline.getTime() : deadline) - Date.now())
}

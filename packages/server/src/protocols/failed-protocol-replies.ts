import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import type { App } from '../app-type.ts'
import { errorTable } from '../http/error-table.ts'
import { type Failure, failureOf } from '../http/failure.ts'

/** What a client of a protocol of the field is told of a thrown error: bad input is 400 to all of them, never 422. */
export function protocolFailureOf(error: unknown): Failure {
  const failed = failureOf(error)
  return failed.status === 422 ? { status: 400, body: failed.body } : failed
}

/** The body of a failed reply of a protocol. */
export type FailureBody = (failed: Failure, request: FastifyRequest) => object

/**
 * Every failed reply of the routes of this scope has the body that the protocol wants. Asks to come back in a second
 * when there is too much to do at present, and logs what the client is not at fault for.
 */
export function replyToProtocolFailures(app: App, bodyOf: FailureBody): void {
  app.setErrorHandler((error, request, reply) => {
    const failed = protocolFailureOf(error)
    // Fastify hangs up after a body that it refuses; a client still sending it would see that and not the reply.
    reply.removeHeader('connection')
    reply.headers(failureHeaders(failed))
    logFailure(request.log, failed, error)
    return sendFailure(reply, failed.status, bodyOf(failed, request))
  })
}

/** What a failed reply asks of the client beside its body. */
export function failureHeaders({ status }: Failure): Record<string, string> {
  if (status === 503) return { 'retry-after': '1' }
  // RFC 9110, section 15.5.16: which codings would have been read.
  return status === 415 ? { 'accept-encoding': 'gzip, deflate' } : {}
}

/** Without a charset, because KServe's client reads the reason only from a reply of exactly this type. */
export function sendFailure(reply: FastifyReply, status: number, body: object): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(body)))
}

/** `{ error, code, message, details }`: the reason where clients of Triton, KServe and TensorFlow Serving look for it. */
export function errorBody({ body: { code, message, details } }: Failure, error: string = message): object {
  return { error, code, message, details }
}

/** Codes that thousands of requests a second may get while there is too much to do: their messages say all there is. */
const ofLoad: ReadonlySet<string> = new Set(['MILL_DEADLINE_EXCEEDED', 'MILL_MODEL_NOT_READY', 'MILL_OVERLOADED'])

/** Tell of a failure that the client is not at fault for. @param facts of the request, unless `log` tells them already */
export function logFailure(
  log: Pick<FastifyBaseLogger, 'error' | 'warn'>,
  failed: Failure,
  error: unknown,
  facts: Record<string, unknown> = {}
): void {
  if (!isOurFault(failed)) return
  const { code, message } = failed.body
  if (ofLoad.has(code)) log.warn({ ...facts, code, reason: message }, 'request failed')
  else log.error({ ...facts, err: error, code }, 'request failed')
}

/** Whether somebody should look into it, because no client can do anything about it. */
function isOurFault({ status, body }: Failure): boolean {
  return status >= 500 && status !== errorTable.MILL_UNSUPPORTED.status && body.code !== 'MILL_RUN_FAILED'
}

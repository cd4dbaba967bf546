import { once } from 'node:events'
import type { ServerDuplexStream } from '@grpc/grpc-js'
import type { Logger } from '../logger.ts'
import { followCall, waitMs } from './calls.ts'
import { grpcFailureOf } from './grpc-failure.ts'
import type { InferAnswer, InferCall } from './infer.ts'
import type { ModelInferRequest, ModelStreamInferResponse } from './messages.ts'

/** Requests of one stream that run at the same time; more are not read from the connection. */
const mostRunning = 64

type Answer = (call: InferCall) => Promise<InferAnswer>
type Stream = ServerDuplexStream<ModelInferRequest, ModelStreamInferResponse>

/**
 * Answers ModelStreamInfer: requests run as they come, so that they can share a batch, and are answered in their order.
 * @param closing aborted when the server takes no more requests; streams end when those they took are answered
 */
export function streamInfer(answer: Answer, log: Logger, closing: AbortSignal): (call: Stream) => void {
  return call => void respond(answer, log, closing, call)
}

async function respond(answer: Answer, log: Logger, closing: AbortSignal, call: Stream): Promise<void> {
  const { id, finish } = followCall(log, call)
  const { promise: over, resolve } = Promise.withResolvers<void>()
  const end = (): void => resolve()
  call.once('end', end)
  call.once('cancelled', end)
  closing.addEventListener('abort', end)
  if (closing.aborted) end()
  let position = 0
  const answerNext = (request: ModelInferRequest): Promise<ModelStreamInferResponse> =>
    answerOf(answer, { request, metadata: call.metadata, id, position: position++, waitMs: waitMs(call) })
  await answerInOrder(answerNext, call, over)
  closing.removeEventListener('abort', end)
  finish()
  call.end()
}

/** Resolves when no request comes any more and those that came are answered. */
async function answerInOrder(
  answerNext: (request: ModelInferRequest) => Promise<ModelStreamInferResponse>,
  call: Stream,
  over: Promise<void>
): Promise<void> {
  const cancelled = new AbortController()
  call.once('cancelled', () => cancelled.abort())
  let running = 0
  const answerAfter = async (before: Promise<void>, answer: Promise<ModelStreamInferResponse>): Promise<void> => {
    await before
    await write(call, await answer, cancelled.signal)
    if (running-- === mostRunning) call.resume()
  }
  let last = Promise.resolve()
  const take = (request: ModelInferRequest): void => {
    if (++running === mostRunning) call.pause()
    last = answerAfter(last, answerNext(request))
  }
  call.on('data', take)
  await over
  call.off('data', take)
  await last
}

/** Never fails: the stream goes on after a request that did. */
async function answerOf(answer: Answer, call: InferCall): Promise<ModelStreamInferResponse> {
  try {
    const { response } = await answer(call)
    const parameters = { ...response.parameters, triton_final_response: { bool_param: true } }
    return { infer_response: { ...response, parameters } }
  } catch (error) {
    const { id, model_name, model_version } = call.request
    return { error_message: grpcFailureOf(error).details, infer_response: { id, model_name, model_version } }
  }
}

/** Hand over an answer, and wait while the client does not take what it was sent before. */
async function write(call: Stream, response: ModelStreamInferResponse, cancelled: AbortSignal): Promise<void> {
  if (cancelled.aborted || call.write(response)) return
  try {
    await once(call, 'drain', { signal: cancelled })
  } catch {
    // Nobody waits for the answers any more.
  }
}

import type { IncomingHttpHeaders } from 'node:http'
import type { ModelServer } from '@millrace/engine'
import { compress, wantedCoding } from '../compression.ts'
import { invalid } from '../json-fields.ts'
import { type InferReplyBody, writeInferReply } from './infer-reply.ts'
import { type InferQuestion, readInferRequest } from './infer-request.ts'
import { readRawRequest } from './raw-request.ts'

/** A request to infer as it came by HTTP, with its body decompressed. */
export interface InferCall {
  readonly model: string
  /** A version or an alias; the default version unless given. */
  readonly version: string | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** The id of the HTTP request, for requests that have none of their own. */
  readonly requestId: string
}

/** The reply to a request that did not fail: 200 with these headers, names and values in turn, and this body. */
export interface InferAnswer {
  readonly headers: readonly string[]
  readonly body: string | Buffer
}

const jsonLengthHeader = 'inference-header-content-length'
const json: readonly string[] = ['content-type', 'application/json']

/**
 * Answers requests of the Open Inference Protocol, whatever carries HTTP. The returned function throws what
 * `ModelServer.infer` throws, and MILL_JSON_INVALID.
 */
export function inferAnswers(
  models: Pick<ModelServer, 'infer' | 'resolve'>
): (call: InferCall) => Promise<InferAnswer> {
  const questionOf = async (call: InferCall, jsonLength: string | string[]): Promise<InferQuestion> => {
    const length = lengthOf(jsonLength, call.body)
    if (length > 0) return readInferRequest(call.body, length)
    const { served } = await models.resolve(call.model, call.version, {})
    return readRawRequest(call.body, served)
  }
  return async call => {
    const { model, version, headers, body } = call
    const jsonLength = headers[jsonLengthHeader]
    const question = jsonLength === undefined ? readInferRequest(body) : await questionOf(call, jsonLength)
    const { inputs, options } = question
    const outputs = question.outputs?.map(({ name }) => name)
    const reply = await models.infer({ model, version, inputs, outputs, ...options })
    const written = writeInferReply(reply, question, question.id ?? call.requestId)
    return finished(written, headers['accept-encoding'])
  }
}

function lengthOf(given: string | string[], body: Buffer): number {
  const length = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : NaN
  if (length <= body.length) return length
  throw invalid(
    `unable to parse Inference-Header-Content-Length: it must be from 0 to ${body.length}, got ${String(given)}`
  )
}

function finished(written: InferReplyBody, acceptEncoding: string | undefined): InferAnswer | Promise<InferAnswer> {
  const { body, jsonLength } = written
  const headers =
    jsonLength === undefined ? json : ['content-type', 'application/octet-stream', jsonLengthHeader, String(jsonLength)]
  const coding = acceptEncoding === undefined ? undefined : wantedCoding(acceptEncoding, body.length)
  if (coding === undefined) return { headers, body }
  const more = ['content-encoding', coding, 'vary', 'accept-encoding']
  return compress(coding, body).then(compressed => ({ headers: [...headers, ...more], body: compressed }))
}

import type { IncomingHttpHeaders } from 'node:http'
import type { ModelServer, Resolved, Route } from '@millrace/engine'
import { routeFacts } from '../../http/route-facts.ts'
import type { WhoAsks } from '../../http/who-asks.ts'
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
  readonly id: string
}

/** The reply to a request that did not fail: 200 with these headers, names and values in turn, and this body. */
export interface InferAnswer {
  readonly headers: readonly string[]
  readonly body: string | Buffer
}

const jsonLengthHeader = 'inference-header-content-length'

/** What {@link inferAnswers} is given. */
export interface InferAnswerDeps {
  readonly models: Pick<ModelServer, 'infer' | 'resolve' | 'model'>
  readonly whoAsks: WhoAsks
}

/**
 * Answers requests of the Open Inference Protocol, whatever carries HTTP. The returned function throws what
 * `ModelServer.infer` throws, and MILL_JSON_INVALID.
 */
export function inferAnswers({ models, whoAsks }: InferAnswerDeps): (call: InferCall) => Promise<InferAnswer> {
  const askRaw = async (call: InferCall): Promise<Asked> => {
    // What the bytes mean is only known of the version that is to answer.
    const asker = whoAsks(nothing, call)
    const { served, route, decision = { route } } = await models.resolve(call.model, call.version, asker)
    return { question: readRawRequest(call.body, served), asker, decision }
  }
  return async call => {
    const { model, version, headers, body } = call
    const given = headers[jsonLengthHeader]
    const jsonLength = given === undefined ? body.length : lengthOf(given, body)
    const isRaw = jsonLength === 0 && given !== undefined
    const { question, asker, decision } = isRaw ? await askRaw(call) : read(call, jsonLength, { models, whoAsks })
    const { inputs, options } = question
    const outputs = question.outputs?.map(({ name }) => name)
    const { unit, requestId } = asker
    const reply = await models.infer({ model, version, inputs, outputs, ...options, unit, requestId, decision })
    return finished(writeInferReply(reply, question, requestId), reply.route, headers['accept-encoding'])
  }
}

/** A question, and who asks it. */
interface Asked {
  readonly question: InferQuestion
  readonly asker: ReturnType<WhoAsks>
  /** By which version it was read for. */
  readonly decision: Resolved['decision']
}

const nothing = {}

function read(call: InferCall, jsonLength: number, { models, whoAsks }: InferAnswerDeps): Asked {
  try {
    const question = readInferRequest(call.body, jsonLength)
    return { question, asker: whoAsks(question, call), decision: undefined }
  } catch (error) {
    // Who asks for a model that is not there is told of that before anything that may be wrong with the rest.
    models.model(call.model)
    throw error
  }
}

function lengthOf(given: string | string[], body: Buffer): number {
  const length = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : NaN
  if (length <= body.length) return length
  throw invalid(
    `unable to parse Inference-Header-Content-Length: it must be from 0 to ${body.length}, got ${String(given)}`
  )
}

function finished(
  { body, jsonLength }: InferReplyBody,
  route: Route,
  acceptEncoding: string | undefined
): InferAnswer | Promise<InferAnswer> {
  const { headers: told, jsonHeaders } = routeFacts(route)
  const headers =
    jsonLength === undefined
      ? jsonHeaders
      : ['content-type', 'application/octet-stream', jsonLengthHeader, String(jsonLength), ...told]
  const coding = acceptEncoding === undefined ? undefined : wantedCoding(acceptEncoding, body.length)
  if (coding === undefined) return { headers, body }
  const more = ['content-encoding', coding, 'vary', 'accept-encoding']
  return compress(coding, body).then(compressed => ({ headers: [...headers, ...more], body: compressed }))
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import { ProtocolInferReplySchema, ProtocolInferRequestSchema } from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { compress, wantedCoding } from '../compression.ts'
import { documentedBody } from '../documented-body.ts'
import { bodyOf } from '../raw-bodies.ts'
import { protocolFailures } from '../route-schema.ts'
import { type InferAnswer, writeInferReply } from './infer-reply.ts'
import { type InferQuestion, readInferRequest } from './infer-request.ts'
import { invalid } from '../json-fields.ts'
import type { VersionParams } from './model-paths.ts'
import { readRawRequest } from './raw-request.ts'

/** What {@link inferRoutes} is given. */
export interface InferRoutesDeps {
  models: Pick<ModelServer, 'infer' | 'resolve'>
}

const jsonLengthHeader = 'inference-header-content-length'

/** Inference by the Open Inference Protocol, with Triton's binary tensors, classification and compression. */
export const inferRoutes: FastifyPluginAsyncTypebox<InferRoutesDeps> = async (app, { models }) => {
  const handler = async (
    request: FastifyRequest<{ Params: VersionParams }>,
    reply: FastifyReply
  ): Promise<FastifyReply> => {
    const { model, version } = request.params
    const question = await readQuestion(request)
    const answer = await models.infer({
      model,
      version,
      inputs: question.inputs,
      outputs: question.outputs?.map(({ name }) => name),
      ...question.options
    })
    return send(writeInferReply(answer, question, question.id ?? request.id), request, reply)
  }

  const readQuestion = async (request: FastifyRequest<{ Params: VersionParams }>): Promise<InferQuestion> => {
    const body = bodyOf(request)
    const given = request.headers[jsonLengthHeader]
    if (given === undefined) return readInferRequest(body)
    const length = lengthOf(given, body)
    if (length > 0) return readInferRequest(body, length)
    const { model, version } = request.params
    return readRawRequest(body, (await models.resolve(model, version)).served)
  }

  const config = documentedBody(ProtocolInferRequestSchema)
  const response = { 200: ProtocolInferReplySchema, ...protocolFailures }
  const description =
    'Tensors as JSON, or as bytes after it (Triton binary tensor data). Parameters: timeout (microseconds), priority, ' +
    'binary_data_output; for learners feature_names; use_cache and cache_ttl (seconds).'
  app.post<{ Params: VersionParams }>(
    '/v2/models/:model/infer',
    {
      config,
      schema: { operationId: 'v2Infer', summary: 'Ask the default version of a model', description, response }
    },
    handler
  )
  app.post<{ Params: VersionParams }>(
    '/v2/models/:model/versions/:version/infer',
    {
      config,
      schema: { operationId: 'v2InferVersion', summary: 'Ask a version or alias of a model', description, response }
    },
    handler
  )
}

function lengthOf(given: string | string[], body: Buffer): number {
  const length = typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : NaN
  if (length <= body.length) return length
  throw invalid(
    `unable to parse Inference-Header-Content-Length: it must be from 0 to ${body.length}, got ${String(given)}`
  )
}

async function send(
  { body, headerLength }: InferAnswer,
  request: FastifyRequest,
  reply: FastifyReply
): Promise<FastifyReply> {
  if (headerLength === undefined) reply.header('content-type', 'application/json')
  else reply.header('content-type', 'application/octet-stream').header(jsonLengthHeader, String(headerLength))
  const accepted = request.headers['accept-encoding']
  const coding = accepted === undefined ? undefined : wantedCoding(accepted, body.length)
  if (coding === undefined) return reply.send(body)
  return reply
    .header('content-encoding', coding)
    .header('vary', 'accept-encoding')
    .send(await compress(coding, body))
}

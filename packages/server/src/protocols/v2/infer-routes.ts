import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import { ProtocolInferReplySchema, ProtocolInferRequestSchema } from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { documentedParts } from '../../http/documented-parts.ts'
import { whoAsksBy } from '../../http/who-asks.ts'
import { bodyOf } from '../raw-bodies.ts'
import { protocolFailures } from '../route-schema.ts'
import { inferAnswers } from './infer-answer.ts'
import type { VersionParams } from './model-paths.ts'

/** What {@link inferRoutes} is given. */
export interface InferRoutesDeps {
  models: Pick<ModelServer, 'infer' | 'resolve' | 'model'>
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
}

/** Inference by the Open Inference Protocol, with Triton's binary tensors, classification and compression. */
export const inferRoutes: FastifyPluginAsyncTypebox<InferRoutesDeps> = async (app, { models, unitHeader }) => {
  const answer = inferAnswers({ models, whoAsks: whoAsksBy(unitHeader) })
  const handler = async (
    request: FastifyRequest<{ Params: VersionParams }>,
    reply: FastifyReply
  ): Promise<FastifyReply> => {
    const { id, headers, params } = request
    const { model, version } = params
    const { headers: given, body } = await answer({ model, version, headers, body: bodyOf(request), id })
    for (let at = 0; at < given.length; at += 2) reply.header(given[at]!, given[at + 1])
    return reply.serializer(asItIs).send(body)
  }

  const config = documentedParts({ body: ProtocolInferRequestSchema })
  const response = { 200: ProtocolInferReplySchema, ...protocolFailures }
  const description =
    'Tensors as JSON, or as bytes after it (Triton binary tensor data). Parameters: timeout (microseconds), priority, ' +
    'binary_data_output; for learners feature_names; use_cache and cache_ttl (seconds); unit_id and use_ab_testing.'
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

/** Fastify would add a charset to the content type. */
function asItIs(body: string): string {
  return body
}

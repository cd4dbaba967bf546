import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import type { ModelServer, VersionStatus } from '@millrace/engine'
import {
  ProtocolModelListReplySchema,
  ServingPredictReplySchema,
  ServingPredictRequestSchema,
  ServingStatusReplySchema
} from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { documentedParts } from '../../http/documented-parts.ts'
import { tellRoute } from '../../http/route-facts.ts'
import { whoAsksBy } from '../../http/who-asks.ts'
import { introductionOf } from '../asker-fields.ts'
import { errorBody, replyToProtocolFailures } from '../failed-protocol-replies.ts'
import { jsonReader } from '../json-text.ts'
import { bodyOf, readRawBodies } from '../raw-bodies.ts'
import { protocolFailures } from '../route-schema.ts'
import { replyToUnknownPaths } from '../unknown-paths.ts'
import { servingStatus } from './model-status.ts'
import { writeColumns, writeRows } from './predict-reply.ts'
import { readPredictRequest } from './predict-request.ts'

/** What {@link kserveV1Routes} is given. */
export interface KserveV1Deps {
  models: Pick<ModelServer, 'infer' | 'resolve' | 'models' | 'model' | 'isReady'>
  /** Most bytes of a body, also once it is decompressed. */
  inferBodyLimitBytes: number
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
}

interface Params {
  model: string
  version?: string
  label?: string
}

/** Where a model, a version or a label begins; a verb may follow each after a colon. */
const model = '/v1/models/:model(^[^:/]+)'
const version = `${model}/versions/:version(^[^:/]+)`
const label = `${model}/labels/:label(^[^:/]+)`

/** Version 1 of KServe's protocol, which is the REST API of TensorFlow Serving, below `/v1`. */
export const kserveV1Routes: FastifyPluginAsyncTypebox<KserveV1Deps> = async (
  app,
  { models, inferBodyLimitBytes, unitHeader }
) => {
  const whoAsks = whoAsksBy(unitHeader)
  readRawBodies(app, inferBodyLimitBytes)
  replyToProtocolFailures(app, failed => errorBody(failed))
  replyToUnknownPaths(app, '/v1', failed => errorBody(failed))

  app.get(
    '/v1/models',
    {
      schema: {
        operationId: 'v1Models',
        summary: 'Names of all models',
        response: { 200: ProtocolModelListReplySchema, ...protocolFailures }
      }
    },
    async () => ({ models: models.models().map(({ name }) => name) })
  )

  const status = async ({ params }: FastifyRequest<{ Params: Params }>, reply: FastifyReply): Promise<FastifyReply> => {
    const known = models.model(params.model)
    const asked = versionIn(params)
    const versions = asked === undefined ? known.versions : [versionOf(asked, params.model)]
    const isReady = models.isReady(params.model, asked)
    return reply.code(isReady ? 200 : 503).send(servingStatus(known, versions, isReady))
  }

  const predict = async (request: FastifyRequest<{ Params: Params }>, reply: FastifyReply): Promise<FastifyReply> => {
    const { params, body } = request
    const asked = versionIn(params)
    const read = jsonReader(bodyOf({ body }))
    const { mayExperiment, ...names } = read(introductionOf)
    const asker = { ...whoAsks(names, request), mayExperiment }
    const { served, route, decision = { route } } = await models.resolve(params.model, asked, asker)
    const { rows, ...question } = read(value => readPredictRequest(value, served))
    // By the version that the request was read for, also if an alias has moved since.
    const answered = await models.infer({ model: params.model, version: asked, ...question, ...asker, decision })
    const text = rows === undefined ? writeColumns(answered.outputs) : writeRows(answered.outputs, rows)
    tellRoute(reply, answered.route)
    return reply.header('content-type', 'application/json').send(text)
  }

  const places = [
    [model, ''],
    [version, 'Version'],
    [label, 'Label']
  ] as const
  for (const [url, ending] of places) {
    app.get<{ Params: Params }>(
      url,
      {
        schema: {
          operationId: `v1Model${ending}`,
          summary: 'Where a model stands; 503 while it does not answer',
          response: { 200: ServingStatusReplySchema, 503: ServingStatusReplySchema, ...protocolFailures }
        }
      },
      status
    )
    app.post<{ Params: Params }>(
      `${url}::predict`,
      {
        config: documentedParts({ body: ServingPredictRequestSchema }),
        schema: {
          operationId: `v1Predict${ending}`,
          summary: 'Ask a model, in row or column form',
          response: { 200: ServingPredictReplySchema, ...protocolFailures }
        }
      },
      predict
    )
    for (const verb of ['explain', 'classify', 'regress'])
      app.post(`${url}::${verb}`, { schema: { hide: true } }, unsupported)
  }

  /** What a path names beside the model; a label must be an alias. */
  const versionIn = (params: Params): string | undefined => {
    if (params.label === undefined) return params.version
    if (models.model(params.model).aliases.has(params.label)) return params.label
    throw new MillraceError('MILL_VERSION_NOT_FOUND', `model '${params.model}' has no label '${params.label}'`)
  }

  const versionOf = (asked: string, name: string): VersionStatus => {
    const { versions, aliases } = models.model(name)
    const meant = aliases.get(asked) ?? asked
    const found = versions.find(each => each.version === meant)
    if (found !== undefined) return found
    throw new MillraceError(
      'MILL_VERSION_NOT_FOUND',
      `Request for unknown model: '${name}' version ${asked} is not found`
    )
  }
}

async function unsupported(request: FastifyRequest): Promise<never> {
  const verb = request.routeOptions.url?.split(':').at(-1)
  throw new MillraceError('MILL_UNSUPPORTED', `${verb} is not supported; ask with predict`)
}

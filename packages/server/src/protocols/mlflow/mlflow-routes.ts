import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import { InvocationErrorReplySchema, InvocationReplySchema, InvocationRequestSchema, Type } from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Failure } from '../../http/failure.ts'
import { version } from '../../version.ts'
import { documentedParts } from '../../http/documented-parts.ts'
import { tellRoute } from '../../http/route-facts.ts'
import { whoAsksBy } from '../../http/who-asks.ts'
import { replyToProtocolFailures } from '../failed-protocol-replies.ts'
import { bodyOf, readRawBodies } from '../raw-bodies.ts'
import { csvInvocation, jsonInvocation, writePredictions } from './invocation.ts'
import { bodyKindOf } from './media-type.ts'

/** What {@link mlflowRoutes} is given. */
export interface MlflowDeps {
  models: Pick<ModelServer, 'infer' | 'resolve' | 'models' | 'isReady'>
  /** Name of the model that answers where the request names none; undefined where there is none. */
  defaultModel: () => string | undefined
  /** Most bytes of a body, also once it is decompressed. */
  inferBodyLimitBytes: number
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
}

interface Query {
  model?: string | string[]
  version?: string | string[]
}

/** The scoring server of MLflow, whose paths are also those that SageMaker wants of a container. */
export const mlflowRoutes: FastifyPluginAsyncTypebox<MlflowDeps> = async (
  app,
  { models, defaultModel, inferBodyLimitBytes, unitHeader }
) => {
  const whoAsks = whoAsksBy(unitHeader)
  readRawBodies(app, inferBodyLimitBytes)
  replyToProtocolFailures(app, failureBody)

  const isReady = (): boolean => {
    const name = defaultModel()
    return name === undefined ? models.models().some(each => models.isReady(each.name)) : models.isReady(name)
  }

  app.get(
    '/ping',
    {
      schema: {
        operationId: 'ping',
        summary: 'Can /invocations be asked; 404 while not',
        produces: ['text/plain'],
        response: {
          200: Type.String({ description: 'An empty line.' }),
          404: Type.String({ description: 'An empty line.' })
        }
      }
    },
    async (_request, reply) =>
      reply
        .code(isReady() ? 200 : 404)
        .type('text/plain')
        .send('\n')
  )

  app.get(
    '/version',
    {
      schema: {
        operationId: 'version',
        summary: 'Version of the program, where MLflow tells its own',
        produces: ['text/plain'],
        response: { 200: Type.String({ description: 'Version of Millrace.' }) }
      }
    },
    async (_request, reply) => reply.type('text/plain').send(version)
  )

  app.post<{ Querystring: Query }>(
    '/invocations',
    {
      config: documentedParts({ body: InvocationRequestSchema }),
      schema: {
        operationId: 'invocations',
        summary: 'Ask a model as MLflow and SageMaker do, in JSON or CSV',
        description:
          'The model is the one that the header X-Amzn-SageMaker-Target-Model or the query parameter model names, else ' +
          'the default. The query parameter version names a version or alias.',
        response: { 200: InvocationReplySchema, '4xx': InvocationErrorReplySchema, '5xx': InvocationErrorReplySchema }
      },
      onRequest: refuseMediaTypes
    },
    async (request, reply) => {
      const { name: model, asked } = targetOf(request)
      const kind = bodyKindOf(request.headers['content-type'])
      const isCsv = 'kind' in kind && kind.kind === 'csv'
      const { introduction, read } = (isCsv ? csvInvocation : jsonInvocation)(bodyOf(request))
      const { mayExperiment, ...names } = introduction
      const asker = { ...whoAsks(names, request), mayExperiment }
      const { served, route, decision = { route } } = await models.resolve(model, asked, asker)
      const { rows, ...question } = read(served)
      // By the version that the request was read for, also if an alias has moved since.
      const answered = await models.infer({ model, version: asked, ...question, ...asker, decision })
      tellRoute(reply, answered.route)
      return reply.header('content-type', 'application/json').send(writePredictions(answered.outputs, rows))
    }
  )

  const targetOf = ({
    query,
    headers
  }: FastifyRequest<{ Querystring: Query }>): { name: string; asked?: string | undefined } => {
    const inHeader = headers['x-amzn-sagemaker-target-model']?.toString()
    const name = inHeader ?? [query.model].flat()[0] ?? defaultModel()
    if (name !== undefined) return { name, asked: [query.version].flat()[0] }
    throw new MillraceError('MILL_MODEL_NOT_FOUND', 'no model is named, and none answers /invocations by default')
  }
}

/** Before the body is read. */
async function refuseMediaTypes(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  const kind = bodyKindOf(request.headers['content-type'])
  return 'kind' in kind ? undefined : reply.code(415).type('text/plain').send(kind.problem)
}

/** Names of errors in MLflow, by status. */
const errorCodes = new Map([
  [404, 'RESOURCE_DOES_NOT_EXIST'],
  [500, 'INTERNAL_ERROR'],
  [501, 'NOT_IMPLEMENTED'],
  [503, 'TEMPORARILY_UNAVAILABLE']
])

function failureBody({ status, body: { code, message, details } }: Failure): object {
  return { error_code: errorCodes.get(status) ?? 'BAD_REQUEST', message, code, details }
}

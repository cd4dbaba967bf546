import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import type { LoadReport, ModelServer, ModelStatus } from '@millrace/engine'
import {
  EmptyReplySchema,
  LoadModelRequestSchema,
  type RepositoryIndexReply,
  RepositoryIndexReplySchema,
  RepositoryIndexRequestSchema,
  UnloadModelRequestSchema
} from '@millrace/protocol'
import { documentedParts } from '../../http/documented-parts.ts'
import { bodyObject } from '../body-object.ts'
import { invalid, objectIn } from '../json-fields.ts'
import { protocolFailures } from '../route-schema.ts'
import { base64Bytes, readLoadParameters } from './load-parameters.ts'

/** What {@link repositoryRoutes} is given. */
export interface RepositoryRoutesDeps {
  models: Pick<ModelServer, 'models' | 'load' | 'unload'>
}

/** Triton's model repository extension: which versions there are, and what is loaded of them. */
export const repositoryRoutes: FastifyPluginAsyncTypebox<RepositoryRoutesDeps> = async (app, { models }) => {
  app.post(
    '/v2/repository/index',
    {
      config: documentedParts({ body: RepositoryIndexRequestSchema }),
      schema: {
        operationId: 'v2RepositoryIndex',
        summary: 'All versions of all models, and where they stand',
        response: { 200: RepositoryIndexReplySchema, ...protocolFailures }
      }
    },
    async ({ body }) => {
      const { ready = false } = bodyObject(body)
      if (typeof ready !== 'boolean') throw invalid("'ready' must be true or false")
      return models.models().flatMap(model => indexRows(model, ready))
    }
  )

  app.post<{ Params: { model: string } }>(
    '/v2/repository/models/:model/load',
    {
      config: documentedParts({ body: LoadModelRequestSchema }),
      schema: {
        operationId: 'v2LoadModel',
        summary:
          "Load a model's versions by its policy, also when they were unloaded or have changed, or as the request says",
        response: { 200: EmptyReplySchema, ...protocolFailures }
      }
    },
    async ({ params: { model }, body }) => {
      const parameters = objectIn(bodyObject(body), 'parameters', 'the request') ?? {}
      refuseFailures(model, await models.load(model, readLoadParameters(model, parameters, base64Bytes)))
      return {}
    }
  )

  app.post<{ Params: { model: string } }>(
    '/v2/repository/models/:model/unload',
    {
      config: documentedParts({ body: UnloadModelRequestSchema }),
      schema: {
        operationId: 'v2UnloadModel',
        summary: 'Serve a model no more until it is loaded again; requests that run are answered',
        response: { 200: EmptyReplySchema, ...protocolFailures }
      }
    },
    async ({ params: { model }, body }) => {
      bodyObject(body)
      await models.unload(model)
      return {}
    }
  )
}

/** One row a version, oldest first. */
export function indexRows({ name, versions }: ModelStatus, readyOnly: boolean): RepositoryIndexReply {
  const listed = readyOnly ? versions.filter(({ state }) => state === 'READY') : versions
  if (listed.length === 0) return readyOnly ? [] : [{ name }]
  return listed.map(({ version, state, reason }) => ({ name, version, state, reason })).toReversed()
}

/** @throws {MillraceError} MILL_MODEL_INVALID when a version of the model that was to be loaded could not be */
export function refuseFailures(model: string, { failed }: LoadReport): void {
  const reasons = failed
    .filter(each => each.model === model)
    .map(({ version, reason }) => `version ${version}: ${reason}`)
  if (reasons.length > 0)
    throw new MillraceError('MILL_MODEL_INVALID', `failed to load '${model}', ${reasons.join('; ')}`)
}

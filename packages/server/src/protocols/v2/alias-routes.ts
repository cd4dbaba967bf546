import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import { AliasesReplySchema, AliasReplySchema, AliasRequestSchema, RollbackReplySchema, Type } from '@millrace/protocol'
import { documentedParts } from '../../http/documented-parts.ts'
import { protocolFailures } from '../route-schema.ts'
import { bodyObject } from '../body-object.ts'
import { textIn } from '../json-fields.ts'

/** What {@link aliasRoutes} is given. */
export interface AliasRoutesDeps {
  models: Pick<ModelServer, 'model' | 'moveAlias' | 'removeAlias' | 'rollback'>
}

interface AliasParams {
  model: string
  alias: string
}

/** Names that stand for versions, `default` among them. They move in one step: no request is dropped. */
export const aliasRoutes: FastifyPluginAsyncTypebox<AliasRoutesDeps> = async (app, { models }) => {
  app.get<{ Params: { model: string } }>(
    '/v2/models/:model/aliases',
    {
      schema: {
        operationId: 'v2Aliases',
        summary: 'The aliases of a model, and the version each stands for',
        response: { 200: AliasesReplySchema, ...protocolFailures }
      }
    },
    async ({ params: { model } }) => ({ name: model, aliases: Object.fromEntries(models.model(model).aliases) })
  )

  app.get<{ Params: AliasParams }>(
    '/v2/models/:model/aliases/:alias',
    {
      schema: {
        operationId: 'v2Alias',
        summary: 'The version that an alias stands for',
        response: { 200: AliasReplySchema, ...protocolFailures }
      }
    },
    async ({ params: { model, alias } }) => ({ name: model, alias, version: versionOf(model, alias) })
  )

  app.put<{ Params: AliasParams }>(
    '/v2/models/:model/aliases/:alias',
    {
      config: documentedParts({ body: AliasRequestSchema }),
      schema: {
        operationId: 'v2MoveAlias',
        summary: 'Let an alias stand for a version, which is loaded first if need be',
        response: { 200: AliasReplySchema, ...protocolFailures }
      }
    },
    async ({ params: { model, alias }, body }) => {
      const version = textIn(bodyObject(body), 'version', 'the request')
      await models.moveAlias(model, alias, version)
      return { name: model, alias, version }
    }
  )

  app.delete<{ Params: AliasParams }>(
    '/v2/models/:model/aliases/:alias',
    {
      schema: {
        operationId: 'v2RemoveAlias',
        summary: 'Forget an alias; default falls back to what it is by configuration',
        response: { 204: Type.Null({ description: 'Done.' }), ...protocolFailures }
      }
    },
    async ({ params: { model, alias } }, reply) => {
      versionOf(model, alias)
      await models.removeAlias(model, alias)
      return reply.code(204).send(null)
    }
  )

  app.post<{ Params: { model: string } }>(
    '/v2/models/:model/rollback',
    {
      schema: {
        operationId: 'v2Rollback',
        summary: 'Let the version before answer by default again',
        response: { 200: RollbackReplySchema, ...protocolFailures }
      }
    },
    async ({ params: { model } }) => ({ name: model, version: await models.rollback(model) })
  )

  const versionOf = (model: string, alias: string): string => {
    const version = models.model(model).aliases.get(alias)
    if (version !== undefined) return version
    throw new MillraceError('MILL_VERSION_NOT_FOUND', `model '${model}' has no alias '${alias}'`)
  }
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import {
  ModelConfigReplySchema,
  ModelReadyReplySchema,
  ModelStatisticsReplySchema,
  ProtocolModelReplySchema
} from '@millrace/protocol'
import { protocolFailures } from '../route-schema.ts'
import { modelConfig } from './model-config.ts'
import { modelMetadata } from './model-metadata.ts'
import { forEachPath, type VersionParams } from './model-paths.ts'
import { statisticsReply } from './statistics-reply.ts'

/** What {@link metadataRoutes} is given. */
export interface MetadataRoutesDeps {
  models: Pick<ModelServer, 'model' | 'resolve' | 'isReady' | 'statistics'>
}

/** What is known of a model or of one of its versions: each route with and without a version, which may be an alias. */
export const metadataRoutes: FastifyPluginAsyncTypebox<MetadataRoutesDeps> = async (app, { models }) => {
  forEachPath('', 'v2Model', (url, operationId) =>
    app.get<{ Params: VersionParams }>(
      url,
      {
        schema: {
          operationId,
          summary: 'What a model takes and gives',
          response: { 200: ProtocolModelReplySchema, ...protocolFailures }
        }
      },
      async ({ params }) => {
        const { served } = await models.resolve(params.model, params.version)
        return modelMetadata(models.model(params.model), served)
      }
    )
  )

  forEachPath('/ready', 'v2ModelReady', (url, operationId) =>
    app.get<{ Params: VersionParams }>(
      url,
      {
        schema: {
          operationId,
          summary: 'Does a model answer; 503 while it does not',
          response: { 200: ModelReadyReplySchema, ...protocolFailures }
        }
      },
      async ({ params: { model, version } }) => {
        if (models.isReady(model, version)) return { name: model, ready: true }
        mustKnow(model, version)
        throw new MillraceError('MILL_MODEL_NOT_READY', 'Model version not ready', { details: { model, version } })
      }
    )
  )

  forEachPath('/config', 'v2ModelConfig', (url, operationId) =>
    app.get<{ Params: VersionParams }>(
      url,
      {
        schema: {
          operationId,
          summary: "A model's configuration, in the form of Triton",
          response: { 200: ModelConfigReplySchema, ...protocolFailures }
        }
      },
      async ({ params }) => modelConfig((await models.resolve(params.model, params.version)).served)
    )
  )

  const statisticsSchema = { response: { 200: ModelStatisticsReplySchema, ...protocolFailures } }

  forEachPath('/stats', 'v2ModelStatistics', (url, operationId) =>
    app.get<{ Params: VersionParams }>(
      url,
      { schema: { operationId, summary: 'What was asked of a model', ...statisticsSchema } },
      async ({ params: { model, version } }) => {
        const known = mustKnow(model, version)
        return statisticsReply(models.statistics(model, known))
      }
    )
  )

  app.get(
    '/v2/models/stats',
    { schema: { operationId: 'v2Statistics', summary: 'What was asked of all models', ...statisticsSchema } },
    async () => statisticsReply(models.statistics())
  )

  /** The version that a path names, perhaps by an alias. @throws {MillraceError} MILL_MODEL_NOT_FOUND or MILL_VERSION_NOT_FOUND */
  const mustKnow = (model: string, asked: string | undefined): string | undefined => {
    const { versions, aliases } = models.model(model)
    if (asked === undefined) return undefined
    if (versions.some(({ version }) => version === asked)) return asked
    const version = aliases.get(asked)
    if (version !== undefined) return version
    throw new MillraceError(
      'MILL_VERSION_NOT_FOUND',
      `Request for unknown model: '${model}' version ${asked} is not found`
    )
  }
}

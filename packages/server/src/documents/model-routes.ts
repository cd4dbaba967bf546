import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer } from '@millrace/engine'
import {
  ModelFileInfoReplySchema,
  ModelListReplySchema,
  ModelQuerySchema,
  SampleReplySchema,
  VersionQuerySchema
} from '@millrace/protocol'
import { documentedParts } from '../http/documented-parts.ts'
import { failures } from '../http/route-schema.ts'
import type { DataModel } from './data-model.ts'
import { fileInfo, listedVersions } from './model-info.ts'
import { queryText } from './query.ts'
import { sampleOf } from './sample.ts'

/** What {@link modelListRoutes} is given. */
export interface ModelListDeps {
  models: Pick<ModelServer, 'models' | 'model' | 'resolve' | 'infer'>
  dataModel: DataModel
  featuresModel: string
}

/** What tells of the models: `/models`, `/models/info`, `/sample`. */
export const modelListRoutes: FastifyPluginAsyncTypebox<ModelListDeps> = async (
  app,
  { models, dataModel, featuresModel }
) => {
  app.get(
    '/models',
    {
      config: documentedParts({ querystring: ModelQuerySchema }),
      schema: {
        operationId: 'models',
        summary: 'Versions, the newest first',
        description: 'Of the model that answers lists of features, of another with ?model=, or of all with ?model=*.',
        response: { 200: ModelListReplySchema, ...failures }
      }
    },
    async ({ query }) => {
      const name = queryText(query, 'model')
      if (name === '*') return models.models().flatMap(listedVersions)
      if (name !== undefined) return listedVersions(models.model(name))
      // A server without that model has no versions of it to list, which is no fault of the client.
      return models
        .models()
        .filter(model => model.name === featuresModel)
        .flatMap(listedVersions)
    }
  )

  app.get(
    '/models/info',
    {
      config: documentedParts({ querystring: VersionQuerySchema }),
      schema: {
        operationId: 'modelFileInfo',
        summary: 'What a model takes and gives, and how it came about',
        description: 'Of the model that answers data, or of another with ?model= and ?version=.',
        response: { 200: ModelFileInfoReplySchema, ...failures }
      }
    },
    async ({ query }) => {
      const { served } = await models.resolve(
        queryText(query, 'model') ?? dataModel.name(),
        queryText(query, 'version')
      )
      return fileInfo(served)
    }
  )

  app.get(
    '/sample',
    {
      config: documentedParts({ querystring: ModelQuerySchema }),
      schema: {
        operationId: 'sample',
        summary: 'Rows to try a model with',
        description: 'For the model that answers data, or for another with ?model=.',
        response: { 200: SampleReplySchema, ...failures }
      }
    },
    async ({ query }) => sampleOf(models, queryText(query, 'model') ?? dataModel.name())
  )
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { LagFeatures } from '@millrace/engine'
import {
  AddReplySchema,
  AddRequestSchema,
  FeaturesHealthReplySchema,
  FeaturesInfoReplySchema,
  SeriesParamsSchema,
  type SeriesReply,
  SeriesReplySchema
} from '@millrace/protocol'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { failures } from '../http/route-schema.ts'

/** What the feature service is given. */
export interface FeaturesDeps extends CommonDeps {
  features: LagFeatures
  /** Where series are kept, in one word, for `GET /info`. */
  storage?: string
}

/** The feature service: turns each new value of a series into lag features. Does not listen. */
export function buildFeatures({ features, storage = 'sqlite', ...common }: FeaturesDeps): App {
  const app = buildApp({ ...common, service: 'features' })
  void app.register(featureRoutes, { features, storage })
  return app
}

/** How many series `GET /info` lists. */
const mostSeriesListed = 100

const featureRoutes: FastifyPluginAsyncTypebox<{ features: LagFeatures; storage: string }> = async (app, options) => {
  const { features, storage } = options

  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'Is the service up',
        response: { 200: FeaturesHealthReplySchema, ...failures }
      }
    },
    async () => ({ status: 'healthy' as const, service: 'feature_service' as const })
  )

  app.get(
    '/info',
    {
      schema: {
        operationId: 'info',
        summary: 'What the service makes, and the series fed most recently',
        response: { 200: FeaturesInfoReplySchema, ...failures }
      }
    },
    async () => {
      const recent = await features.list(mostSeriesListed)
      return {
        service: 'feature_service' as const,
        max_lags: features.lags,
        output_format: `model_ready_in_1_to_in_${features.lags}`,
        series_info: Object.fromEntries(
          recent.map(({ seriesId, length, latestValue, availableLags }) => [
            seriesId,
            { length, latest_value: latestValue, available_lags: availableLags, storage }
          ])
        )
      }
    }
  )

  app.post(
    '/add',
    {
      schema: {
        operationId: 'addObservation',
        summary: 'Add a value to a series and get the lags before it',
        body: AddRequestSchema,
        response: { 200: AddReplySchema, ...failures }
      }
    },
    async ({ body }) => {
      const added = await features.add({ seriesId: body.series_id ?? 'default', value: body.value })
      return {
        series_id: added.seriesId,
        features: added.features,
        target: added.target,
        available_lags: added.availableLags
      }
    }
  )

  const series = async (id: string): Promise<SeriesReply> => {
    const { seriesId, length, latestValue, availableLags } = await features.series(id)
    return { series_id: seriesId, length, latest_value: latestValue, available_lags: availableLags }
  }

  app.get(
    '/series/:series_id',
    {
      schema: {
        operationId: 'series',
        summary: 'What is kept of one series',
        params: SeriesParamsSchema,
        response: { 200: SeriesReplySchema, ...failures }
      }
    },
    ({ params }) => series(params.series_id)
  )

  // The empty text is a series id too, and leaves nothing of its part of the path.
  app.get('/series/', { schema: { hide: true } }, () => series(''))
}

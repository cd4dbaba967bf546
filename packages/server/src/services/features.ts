import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { LaggedValue, LagFeatures } from '@millrace/engine'
import {
  AddReplySchema,
  AddRequestSchema,
  FeaturesHealthReplySchema,
  FeaturesInfoReplySchema,
  IdempotencyHeadersSchema,
  SeriesParamsSchema,
  type SeriesReply,
  SeriesReplySchema
} from '@millrace/protocol'
import { Registry } from 'prom-client'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { documentedHeaders } from '../http/documented-headers.ts'
import { failureOf } from '../http/failure.ts'
import { observationIdOf } from '../http/observation-id.ts'
import { markRepeat, repeatsNote } from '../http/repeat.ts'
import { failures } from '../http/route-schema.ts'
import { type RedisState, registerRedisMetrics } from './redis-gauges.ts'

/** What the feature service is given. */
export interface FeaturesDeps extends CommonDeps {
  features: LagFeatures
  /** How the series stand with Redis; undefined when none is configured. */
  redis?: (() => RedisState) | undefined
}

/** The feature service: turns each new value of a series into lag features. Does not listen. */
export function buildFeatures({ features, redis, ...common }: FeaturesDeps): App {
  const registry = new Registry()
  if (redis !== undefined) registerRedisMetrics(registry, redis)
  const app = buildApp({ ...common, service: 'features', registry })
  void app.register(featureRoutes, { features, redis })
  return app
}

/** How many series `GET /info` lists. */
const mostSeriesListed = 100

const featureRoutes: FastifyPluginAsyncTypebox<Pick<FeaturesDeps, 'features' | 'redis'>> = async (
  app,
  { features, redis }
) => {
  const storage = (): string => redis?.().storage ?? 'sqlite'
  let problem: string | undefined

  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'Is the service up',
        response: { 200: FeaturesHealthReplySchema, ...failures }
      }
    },
    async () => {
      const { connected, unreconciled } = redis?.() ?? { connected: undefined, unreconciled: 0 }
      const isDegraded = connected === false || problem !== undefined
      return {
        status: isDegraded ? ('degraded' as const) : ('healthy' as const),
        service: 'feature_service' as const,
        storage: storage(),
        redis_connected: connected ?? false,
        unreconciled,
        ...(problem === undefined ? {} : { problem })
      }
    }
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
      const place = storage()
      return {
        service: 'feature_service' as const,
        max_lags: features.lags,
        output_format: `model_ready_in_1_to_in_${features.lags}`,
        series_info: Object.fromEntries(
          recent.map(({ seriesId, length, latestValue, availableLags }) => [
            seriesId,
            { length, latest_value: latestValue, available_lags: availableLags, storage: place }
          ])
        )
      }
    }
  )

  app.post(
    '/add',
    {
      config: documentedHeaders(IdempotencyHeadersSchema),
      schema: {
        operationId: 'addObservation',
        summary: 'Add a value to a series and get the lags before it',
        description:
          `${repeatsNote} The header X-Millrace-Storage says where the value is kept, redis or sqlite; X-Millrace-Degraded: ` +
          'redis says that Redis was away, and gets the value when it is back.',
        body: AddRequestSchema,
        response: { 200: AddReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { series_id: seriesId = 'default', value } = request.body
      const added = await kept(features.add({ seriesId, value, observationId: observationIdOf(request) }))
      void reply.header('x-millrace-storage', added.storage)
      if (redis !== undefined && added.storage !== 'redis') void reply.header('x-millrace-degraded', 'redis')
      if (added.isRepeat) markRepeat(reply)
      return {
        series_id: added.seriesId,
        features: added.features,
        target: added.target,
        available_lags: added.availableLags
      }
    }
  )

  /** Remembers why a value could not be kept, for `/health`. */
  const kept = async (adding: Promise<LaggedValue>): Promise<LaggedValue> => {
    try {
      const added = await adding
      // A repeat needs no storage that takes values.
      if (!added.isRepeat) problem = undefined
      return added
    } catch (error) {
      const { status, body } = failureOf(error)
      if (status === 503) problem = body.message
      throw error
    }
  }

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

import { type Static, Type } from './type.ts'
import { FeaturesSchema, learnable, SeriesIdSchema } from './common.ts'
import { ObservationIdSchema } from './observation-id.ts'

/** `GET /health` of the feature service. */
export const FeaturesHealthReplySchema = Type.Object(
  {
    status: Type.Unsafe<'healthy' | 'degraded'>({
      type: 'string',
      enum: ['healthy', 'degraded'],
      description:
        'degraded while a Redis is configured that does not answer, when values are kept on disk, and while the disk ' +
        'takes no values.'
    }),
    service: Type.Literal('feature_service', { description: 'Name of the service.' }),
    storage: Type.String({ description: 'Where the next value will be kept: redis or sqlite.' }),
    redis_connected: Type.Boolean({ description: 'Whether a Redis is configured and answers.' }),
    unreconciled: Type.Integer({ minimum: 0, description: 'Values kept on disk that Redis does not have yet.' }),
    problem: Type.Optional(Type.String({ description: 'Why the latest value could not be kept, until one is.' }))
  },
  { title: 'FeaturesHealthReply', description: 'GET /health of the feature service.' }
)
/** `GET /health` of the feature service. */
export type FeaturesHealthReply = Static<typeof FeaturesHealthReplySchema>

/** `POST /add`: one new value of a series. */
export const AddRequestSchema = Type.Object(
  {
    series_id: Type.Optional({ ...SeriesIdSchema, default: 'default' }),
    value: Type.Number({ ...learnable, description: 'The newest value of the series.', examples: [125] }),
    observation_id: Type.Optional(ObservationIdSchema)
  },
  { title: 'AddRequest', description: 'POST /add: one new value of a series.' }
)
/** `POST /add`: one new value of a series. */
export type AddRequest = Static<typeof AddRequestSchema>

/** Reply of `POST /add`: the values before the new one, ready to be a model's features. */
export const AddReplySchema = Type.Object(
  {
    series_id: SeriesIdSchema,
    features: {
      ...FeaturesSchema,
      description: 'in_1 is the value before this one, in_2 the one before that; 0 where there is none yet.'
    },
    target: Type.Number({ description: 'The value just sent.' }),
    available_lags: Type.Integer({ minimum: 0, description: 'How many of the features are real earlier values.' })
  },
  {
    title: 'AddReply',
    description: "Reply of POST /add: the values before the new one, ready to be a model's features."
  }
)
/** Reply of `POST /add`. */
export type AddReply = Static<typeof AddReplySchema>

/** Path of `GET /series/{series_id}`. */
export const SeriesParamsSchema = Type.Object({ series_id: SeriesIdSchema })
/** Path of `GET /series/{series_id}`. */
export type SeriesParams = Static<typeof SeriesParamsSchema>

const summary = {
  length: Type.Integer({ minimum: 0, description: 'How many values are kept.' }),
  latest_value: Type.Number({ description: 'The newest value.' }),
  available_lags: Type.Integer({ minimum: 0, description: 'How many lags the next value will find.' })
}

/** `GET /series/{series_id}`: what is kept of one series. */
export const SeriesReplySchema = Type.Object(
  { series_id: SeriesIdSchema, ...summary },
  { title: 'SeriesReply', description: 'GET /series/{series_id}: what is kept of one series.' }
)
/** `GET /series/{series_id}`: what is kept of one series. */
export type SeriesReply = Static<typeof SeriesReplySchema>

/** One series in the `series_info` of `GET /info`. */
export const SeriesInfoSchema = Type.Object(
  { ...summary, storage: Type.String({ description: 'Where the series is kept, such as sqlite.' }) },
  { title: 'SeriesInfo', description: 'One series in the series_info of GET /info.' }
)
/** One series in the `series_info` of `GET /info`. */
export type SeriesInfo = Static<typeof SeriesInfoSchema>

/** `GET /info` of the feature service. */
export const FeaturesInfoReplySchema = Type.Object(
  {
    service: Type.Literal('feature_service', { description: 'Name of the service.' }),
    max_lags: Type.Integer({ minimum: 1, description: 'How many lags each reply has.' }),
    output_format: Type.String({ description: 'Names of the features in words, such as model_ready_in_1_to_in_15.' }),
    series_info: Type.Unsafe<Record<string, SeriesInfo>>({
      type: 'object',
      additionalProperties: SeriesInfoSchema,
      description: 'The series fed most recently, by id; at most 100.'
    })
  },
  { title: 'FeaturesInfoReply', description: 'GET /info of the feature service.' }
)
/** `GET /info` of the feature service. */
export type FeaturesInfoReply = Static<typeof FeaturesInfoReplySchema>

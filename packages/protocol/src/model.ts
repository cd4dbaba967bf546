import { type Static, Type } from './type.ts'
import { FeaturesSchema, learnable } from './common.ts'
import { ObservationIdSchema } from './observation-id.ts'

/** `GET /health` of a model service. */
export const ModelHealthReplySchema = Type.Object(
  {
    status: Type.Unsafe<'ok' | 'degraded'>({
      type: 'string',
      enum: ['ok', 'degraded'],
      description: 'degraded while the model cannot learn; it predicts all the same.'
    }),
    model_loaded: Type.Boolean({ description: 'True once the model can predict.' }),
    role: Type.Unsafe<'writer' | 'reader'>({
      type: 'string',
      enum: ['writer', 'reader'],
      description: 'Whether this process teaches the model, or follows one that does.'
    }),
    sequence: Type.Integer({ minimum: 0, description: 'Position in the journal up to which the model has learned.' }),
    durability: Type.Unsafe<'fsync' | 'os' | 'none'>({
      type: 'string',
      enum: ['fsync', 'os', 'none'],
      description: 'What an acknowledged observation survives: MILLRACE_DURABILITY.'
    }),
    problem: Type.Optional(Type.String({ description: 'What keeps the model from learning, while it is degraded.' }))
  },
  { title: 'ModelHealthReply', description: 'GET /health of a model service.' }
)
/** `GET /health` of a model service. */
export type ModelHealthReply = Static<typeof ModelHealthReplySchema>

/** `GET /info` of a model service. */
export const ModelInfoReplySchema = Type.Object(
  {
    model_name: Type.String({ description: 'Name of the model for people, such as River Linear Regression.' }),
    model_version: Type.String({ description: 'Version of River whose algorithms the model follows.' }),
    forecast_horizon: Type.Integer({ description: 'How many steps ahead predict looks.' }),
    feature_agnostic: Type.Boolean({ description: 'True: features may have any names.' }),
    regression_model: Type.Boolean({ description: 'True: the target is a number.' }),
    available_models: Type.Array(Type.String(), { description: 'Every name MODEL_NAME may have.' })
  },
  { title: 'ModelInfoReply', description: 'GET /info of a model service.' }
)
/** `GET /info` of a model service. */
export type ModelInfoReply = Static<typeof ModelInfoReplySchema>

/** `POST /train` and `POST /predict_learn`: one labelled example. */
export const LearnRequestSchema = Type.Object(
  {
    features: FeaturesSchema,
    target: Type.Number({ ...learnable, description: 'The value that was observed.', examples: [130] }),
    observation_id: Type.Optional(ObservationIdSchema)
  },
  { title: 'LearnRequest', description: 'POST /train and POST /predict_learn: one labelled example.' }
)
/** `POST /train` and `POST /predict_learn`: one labelled example. */
export type LearnRequest = Static<typeof LearnRequestSchema>

/** `POST /predict`. */
export const PredictRequestSchema = Type.Object(
  { features: FeaturesSchema },
  { title: 'PredictRequest', description: 'POST /predict.' }
)
/** `POST /predict`. */
export type PredictRequest = Static<typeof PredictRequestSchema>

/** Reply of `POST /predict`: always one entry. */
export const PredictReplySchema = Type.Object(
  {
    forecast: Type.Array(Type.Object({ value: Type.Number({ description: 'The predicted target.' }) }), {
      description: 'One entry: the next step.'
    }),
    prediction_id: Type.Optional(
      Type.String({
        description: 'To be sent with the label to POST /feedback. Left out when the prediction could not be kept.'
      })
    )
  },
  { title: 'PredictReply', description: 'Reply of POST /predict: always one entry.' }
)
/** Reply of `POST /predict`. */
export type PredictReply = Static<typeof PredictReplySchema>

/** Reply of `POST /predict_learn`. */
export const PredictLearnReplySchema = Type.Object(
  { prediction: Type.Number({ description: 'What the model predicted before it learned from this example.' }) },
  { title: 'PredictLearnReply', description: 'Reply of POST /predict_learn.' }
)
/** Reply of `POST /predict_learn`. */
export type PredictLearnReply = Static<typeof PredictLearnReplySchema>

/** `POST /predict_many`: a forecast of several steps, each prediction fed back as the newest lag. */
export const PredictManyRequestSchema = Type.Object(
  {
    features: FeaturesSchema,
    steps: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 5,
        description:
          'How many steps to look ahead. With more than 100 features fewer: steps times features are at most 100000.'
      })
    )
  },
  {
    title: 'PredictManyRequest',
    description: 'POST /predict_many: a forecast of several steps, each prediction fed back as the newest lag.'
  }
)
/** `POST /predict_many`. */
export type PredictManyRequest = Static<typeof PredictManyRequestSchema>

/** Reply of `POST /predict_many`. */
export const PredictManyReplySchema = Type.Object(
  {
    forecast: Type.Array(
      Type.Object({
        step: Type.Integer({ minimum: 1, description: 'How many steps ahead, from 1.' }),
        value: Type.Number({ description: 'The predicted target of that step.' })
      }),
      { description: 'One entry for each step, nearest first.' }
    )
  },
  { title: 'PredictManyReply', description: 'Reply of POST /predict_many.' }
)
/** Reply of `POST /predict_many`. */
export type PredictManyReply = Static<typeof PredictManyReplySchema>

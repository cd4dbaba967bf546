import { type Static, Type } from './type.ts'

const lifetime = (what: string) =>
  Type.Number({ description: `${what} over all predictions since the model was made; 4 decimals.` })
const rolling = (what: string, size: number) =>
  Type.Number({ description: `${what} over the latest ${size} predictions; 4 decimals.` })

/** What a model is made of. */
export const ModelDescriptionSchema = Type.Object(
  {
    model_type: Type.String({ description: 'Class of the model, such as Pipeline.' }),
    model_name: Type.String({ description: 'Name of the model, as MODEL_NAME.' }),
    model_str: Type.String({ description: 'The model in one line, at most 200 characters.' }),
    model_attributes: Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string' },
      description: 'Parts and parameters, each as text of at most 100 characters.'
    })
  },
  { title: 'ModelDescription', description: 'What a model is made of.' }
)
/** What a model is made of. */
export type ModelDescription = Static<typeof ModelDescriptionSchema>

/** Error of a model's predictions, each made before the model learned from the example it is judged by. */
export const SeriesMetricsSchema = Type.Object(
  {
    count: Type.Integer({
      minimum: 1,
      description: 'Predictions that were scored since the model was made, restarts or not.'
    }),
    mae: lifetime('Mean absolute error'),
    mse: lifetime('Mean squared error'),
    rmse: lifetime('Root of the mean squared error'),
    mape: lifetime('Mean absolute percentage error, in percent and without targets of (almost) 0,'),
    last_prediction: Type.Number({ description: 'The latest prediction.' }),
    last_actual: Type.Number({ description: 'What was observed then.' }),
    last_error: Type.Number({ description: 'Absolute difference of the two.' }),
    mae_5: rolling('Mean absolute error', 5),
    mse_5: rolling('Mean squared error', 5),
    rmse_5: rolling('Root of the mean squared error', 5),
    mape_5: rolling('Mean absolute percentage error', 5),
    mae_10: rolling('Mean absolute error', 10),
    mse_10: rolling('Mean squared error', 10),
    rmse_10: rolling('Root of the mean squared error', 10),
    mape_10: rolling('Mean absolute percentage error', 10),
    mae_20: rolling('Mean absolute error', 20),
    mse_20: rolling('Mean squared error', 20),
    rmse_20: rolling('Root of the mean squared error', 20),
    mape_20: rolling('Mean absolute percentage error', 20)
  },
  {
    title: 'SeriesMetrics',
    description: "Error of a model's predictions, each made before the model learned from the example it is judged by."
  }
)
/** Error of a model's predictions. */
export type SeriesMetrics = Static<typeof SeriesMetricsSchema>

/** `GET /model_metrics`: `default` is there after the first prediction, `message` only before it. */
export const ModelMetricsReplySchema = Type.Object(
  {
    message: Type.Optional(Type.String({ description: 'Says that there is no prediction to judge yet.' })),
    default: Type.Optional(SeriesMetricsSchema),
    model_info: ModelDescriptionSchema
  },
  {
    title: 'ModelMetricsReply',
    description: 'GET /model_metrics: default is there after the first prediction, message only before it.'
  }
)
/** `GET /model_metrics`. */
export type ModelMetricsReply = Static<typeof ModelMetricsReplySchema>

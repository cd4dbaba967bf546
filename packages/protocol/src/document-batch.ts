import { type Static, type TSchema, Type } from './type.ts'
import {
  askerProperties,
  DataPredictReplySchema,
  DataPredictRequestSchema,
  largestPredictBatch,
  longestRequestId,
  WineFeaturesSchema,
  WinePredictReplySchema
} from './document-predict.ts'

const limits = { minItems: 1, maxItems: largestPredictBatch }

/** `POST /predict/batch` with `requests`: each answered as `POST /predict` would. */
export const RequestsBatchRequestSchema = Type.Object(
  {
    requests: Type.Array(DataPredictRequestSchema, {
      ...limits,
      description: `1 to ${largestPredictBatch} requests; one that the model cannot answer fails alone.`
    })
  },
  { title: 'RequestsBatchRequest', description: 'POST /predict/batch with requests.' }
)
/** `POST /predict/batch` with `requests`. */
export type RequestsBatchRequest = Static<typeof RequestsBatchRequestSchema>

/** `POST /predict/batch` with `features_list`: wines to be judged. */
export const WineBatchRequestSchema = Type.Object(
  {
    features_list: Type.Array(Type.Union([Type.Array(Type.Number()), WineFeaturesSchema]), {
      ...limits,
      description: `1 to ${largestPredictBatch} wines, each a list of 11 numbers or an object of 11 names.`
    }),
    request_id: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        minLength: 1,
        maxLength: longestRequestId,
        description: 'Names the batch; the reply to each wine has it with `_` and its position.'
      })
    ),
    unit_id: askerProperties.unit_id,
    use_ab_testing: askerProperties.use_ab_testing
  },
  { title: 'WineBatchRequest', description: 'POST /predict/batch with features_list.' }
)
/** `POST /predict/batch` with `features_list`. */
export type WineBatchRequest = Static<typeof WineBatchRequestSchema>

/** `POST /predict/batch`: the shape of the body says which model answers; a bare list is one of `requests`. */
export const PredictBatchRequestSchema: TSchema = Type.Union(
  [RequestsBatchRequestSchema, WineBatchRequestSchema, RequestsBatchRequestSchema.properties.requests],
  { title: 'PredictBatchRequest', description: 'POST /predict/batch: the shape of the body says which model answers.' }
)

/** One request of a batch that failed, in place of its answer. */
export const FailedPredictReplySchema = Type.Object(
  {
    predictions: Type.Array(Type.Integer(), { maxItems: 0, description: 'Empty.' }),
    probabilities: Type.Array(Type.Array(Type.Number()), { maxItems: 0, description: 'Empty.' }),
    model_info: Type.Object(
      {
        model_name: Type.String({ description: 'Name of the model.' }),
        prediction_time: Type.Number({ description: 'Always 0.' }),
        input_shape: Type.Array(Type.Integer(), { description: 'Empty.' }),
        cached: Type.Boolean({ description: 'Always false.' }),
        error: Type.String({ description: 'What went wrong, for people.' }),
        code: Type.String({ description: 'Stable code to branch on.' })
      },
      { description: 'Why there is no answer.' }
    ),
    request_id: Type.String({ description: 'Id of the request, its own or made.' })
  },
  { title: 'FailedPredictReply', description: 'One request of a batch that failed, in place of its answer.' }
)
/** One request of a batch that failed. */
export type FailedPredictReply = Static<typeof FailedPredictReplySchema>

/** Reply of `POST /predict/batch`: one entry for each request, in their order. */
export const PredictBatchReplySchema: TSchema = Type.Array(
  Type.Union([DataPredictReplySchema, FailedPredictReplySchema, WinePredictReplySchema]),
  {
    title: 'PredictBatchReply',
    description: 'Reply of POST /predict/batch: one entry for each request, in their order.'
  }
)

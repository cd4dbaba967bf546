import { type Static, type TSchema, Type } from './type.ts'
import { learnable } from './common.ts'
import { BatchErrorSchema } from './learn-batch.ts'
import { ObservationIdSchema } from './observation-id.ts'

const predictionId = { minLength: 1, maxLength: 256, description: 'The prediction_id of a reply of POST /predict.' }

/** `POST /feedback`: the label of an earlier prediction. */
export const FeedbackRequestSchema = Type.Object(
  {
    prediction_id: Type.String(predictionId),
    actual: Type.Number({ ...learnable, description: 'The value that was observed.', examples: [130] }),
    observation_id: Type.Optional({
      ...ObservationIdSchema,
      description: 'What the same observation is known by in /train and /predict_learn, if it may also come that way.'
    })
  },
  { title: 'FeedbackRequest', description: 'POST /feedback: the label of an earlier prediction.' }
)
/** `POST /feedback`: the label of an earlier prediction. */
export type FeedbackRequest = Static<typeof FeedbackRequestSchema>

/** Reply of `POST /feedback`: the prediction was scored as it was made, and its features were learned. */
export const FeedbackReplySchema = Type.Object(
  {
    prediction_id: Type.String(predictionId),
    prediction: Type.Number({ description: 'What was predicted then.' }),
    actual: Type.Number({ description: 'The value that was observed.' }),
    error: Type.Number({ description: 'actual - prediction.' }),
    status: Type.Literal('learned', { description: 'The model has learned from it, once.' })
  },
  {
    title: 'FeedbackReply',
    description: 'Reply of POST /feedback: the prediction was scored as it was made, and its features were learned.'
  }
)
/** Reply of `POST /feedback`. */
export type FeedbackReply = Static<typeof FeedbackReplySchema>

/** The most entries one batch of feedback may have. */
export const largestFeedbackBatch = 1000

const optionalId = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: `${description}: 1 to 256 characters.` }))
const label = Type.Unsafe<number | string>({
  type: ['number', 'string'],
  ...learnable,
  maxLength: 256,
  description: 'The right answer to what was predicted, from which accuracy or error follows: a number, or text.'
})

/** `POST /feedback` of the inference service: what came of a unit or a request. */
export const OutcomeRequestSchema = Type.Object(
  {
    unit_id: optionalId('Who was served'),
    request_id: optionalId('Request that was served, or whose prediction the label belongs to'),
    prediction_id: optionalId('The same as request_id, unless the learner of this port gave it'),
    experiment: optionalId('Id of the experiment that it counts for; all that know the unit or request unless given'),
    conversion: Type.Optional(
      Type.Unsafe<0 | 1 | boolean>({
        anyOf: [{ type: 'integer', enum: [0, 1] }, { type: 'boolean' }],
        description: 'Whether the unit did what was hoped for.'
      })
    ),
    value: Type.Optional(Type.Number({ ...learnable, description: 'What came of it, such as revenue.' })),
    metric: optionalId('Metric that the value or conversion belongs to; value, or conversion, unless given'),
    label: Type.Optional(label),
    actual: Type.Optional(label),
    outcome_id: Type.Optional({
      ...ObservationIdSchema,
      description:
        'By which a repeat is known; or the header Idempotency-Key. Without one every value counts; a unit converts once, ' +
        'and a request has one label, in any case.'
    })
  },
  {
    title: 'OutcomeRequest',
    description:
      'POST /feedback: what came of a unit or a request. One of unit_id, request_id and prediction_id, and one or more of ' +
      'conversion, value and label.',
    examples: [{ unit_id: 'user-17', conversion: 1 }]
  }
)

/** Reply of `POST /feedback` about a unit or a request. */
export const OutcomeReplySchema = Type.Object(
  {
    status: Type.Unsafe<'counted' | 'kept' | 'not_measured'>({
      type: 'string',
      enum: ['counted', 'kept', 'not_measured'],
      description:
        'counted; or with 202: kept, to be counted should the unit or request become known; or not_measured: there is no ' +
        'experiment with such a metric, and nothing was kept.'
    }),
    counted: Type.Array(
      Type.Object(
        {
          experiment: Type.String({ description: 'Id of the experiment or canary.' }),
          arm: Type.String({ description: 'Arm that served.' }),
          metric: Type.String({ description: 'Metric that it counts in.' }),
          value: Type.Number({ description: 'What it counts as: of a label 1 for right or 0, or the absolute error.' })
        },
        { description: 'Where it counts.' }
      ),
      { description: 'Where it counts.' }
    ),
    note: Type.Optional(Type.String({ description: 'Why it may never count, where that can be told.' }))
  },
  { title: 'OutcomeReply', description: 'Reply of POST /feedback about a unit or a request.' }
)
/** Reply of `POST /feedback` about a unit or a request. */
export type OutcomeReply = Static<typeof OutcomeReplySchema>

/** `POST /feedback` of the inference service. */
export const AnyFeedbackRequestSchema = Type.Union([FeedbackRequestSchema, OutcomeRequestSchema], {
  title: 'AnyFeedbackRequest',
  description: 'POST /feedback: the label of a prediction of the learner, or what came of a unit or a request.'
})
/** Reply of `POST /feedback` of the inference service. */
export const AnyFeedbackReplySchema: TSchema = Type.Union([FeedbackReplySchema, OutcomeReplySchema], {
  title: 'AnyFeedbackReply',
  description: 'Reply of POST /feedback: what was learned, or where it counts.'
})

/** `POST /feedback/batch`. */
export const FeedbackBatchRequestSchema = Type.Object(
  {
    feedback: Type.Array(OutcomeRequestSchema, {
      maxItems: largestFeedbackBatch,
      description: `What came of units and requests: at most ${largestFeedbackBatch}, each as in POST /feedback.`
    })
  },
  { title: 'FeedbackBatchRequest', description: 'POST /feedback/batch: what came of many units and requests.' }
)

/** Reply of `POST /feedback/batch`. */
export const FeedbackBatchReplySchema = Type.Object(
  {
    results: Type.Array(Type.Unsafe<OutcomeReply | null>({ anyOf: [OutcomeReplySchema, { type: 'null' }] }), {
      description: 'For each in its order; null for one that failed.'
    }),
    errors: Type.Array(BatchErrorSchema, { description: 'Those that failed, in their order.' })
  },
  { title: 'FeedbackBatchReply', description: 'Reply of POST /feedback/batch.' }
)
/** Reply of `POST /feedback/batch`. */
export type FeedbackBatchReply = Static<typeof FeedbackBatchReplySchema>

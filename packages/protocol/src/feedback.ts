import { type Static, Type } from './type.ts'
import { learnable } from './common.ts'
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

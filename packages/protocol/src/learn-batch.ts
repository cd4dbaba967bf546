import { type Static, Type } from './type.ts'
import { LearnRequestSchema } from './model.ts'

/** The most observations one batch may have. */
export const largestBatch = 10_000

/** `POST /predict_learn/batch`: labelled examples, learned in their order. */
export const LearnBatchRequestSchema = Type.Object(
  {
    observations: Type.Array(LearnRequestSchema, {
      maxItems: largestBatch,
      description:
        `At most ${largestBatch} examples. One without an id of its own has the id K/0, K/1 and so on by its position, ` +
        'where K is the Idempotency-Key, if there is one.'
    })
  },
  { title: 'LearnBatchRequest', description: 'POST /predict_learn/batch: labelled examples, learned in their order.' }
)
/** `POST /predict_learn/batch`. */
export type LearnBatchRequest = Static<typeof LearnBatchRequestSchema>

/** Why one example of a batch was not learned. */
export const BatchErrorSchema = Type.Object(
  {
    index: Type.Integer({ minimum: 0, description: 'Position of the example in the request.' }),
    code: Type.String({ description: 'Stable code to branch on.' }),
    message: Type.String({ description: 'What went wrong, for people.' }),
    details: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'Facts to log or act on; depends on the code.'
    })
  },
  { title: 'BatchError', description: 'Why one example of a batch was not learned.' }
)
/** Why one example of a batch was not learned. */
export type BatchError = Static<typeof BatchErrorSchema>

/** Reply of `POST /predict_learn/batch`. */
export const LearnBatchReplySchema = Type.Object(
  {
    predictions: Type.Array(Type.Union([Type.Number(), Type.Null()]), {
      description:
        'What the model predicted before it learned from each example; null for one that could not be learned.'
    }),
    errors: Type.Array(BatchErrorSchema, { description: 'The examples that could not be learned, in their order.' })
  },
  { title: 'LearnBatchReply', description: 'Reply of POST /predict_learn/batch.' }
)
/** Reply of `POST /predict_learn/batch`. */
export type LearnBatchReply = Static<typeof LearnBatchReplySchema>

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ServedLearner } from '@millrace/engine'
import {
  type FeedbackReply,
  FeedbackReplySchema,
  type FeedbackRequest,
  FeedbackRequestSchema,
  IdempotencyHeadersSchema
} from '@millrace/protocol'
import type { FastifyReply } from 'fastify'
import { documentedHeaders } from '../http/documented-headers.ts'
import { type IdCarrier, observationIdOf } from '../http/observation-id.ts'
import { markRepeat } from '../http/repeat.ts'
import { failures } from '../http/route-schema.ts'
import { type FindWriter, naming } from './naming-writer.ts'

/** What labels of a learner's predictions are taken with. */
export interface LabellingDeps {
  learner: Pick<ServedLearner, 'label'>
  /** Where the process is that teaches the learner, if it is known and not this one. */
  findWriter: FindWriter
}

/** `POST /feedback` of a service of one learner. */
export const feedbackRoute: FastifyPluginAsyncTypebox<LabellingDeps> = async (app, deps) => {
  const label = labelling(deps)

  app.post(
    '/feedback',
    {
      config: documentedHeaders(IdempotencyHeadersSchema),
      schema: {
        operationId: 'feedback',
        summary: 'Learn the actual value that belongs to an earlier prediction',
        description:
          'Scores the prediction as it was made, and learns what it was made from, once. Another label for the same ' +
          'prediction is refused with 409; the first one stays.',
        body: FeedbackRequestSchema,
        response: { 200: FeedbackReplySchema, ...failures }
      }
    },
    (request, reply) => label(request, reply)
  )
}

/** Learns the label of a prediction, and says what came of it. */
export type Label = (
  request: Pick<IdCarrier, 'headers'> & { body: FeedbackRequest },
  reply: Pick<FastifyReply, 'header'>
) => Promise<FeedbackReply>

/** Labels for the predictions of a learner. The function throws as ServedLearner.label does. */
export function labelling({ learner, findWriter }: LabellingDeps): Label {
  const teach = naming(findWriter)
  return async (request, reply) => {
    const { prediction_id, actual } = request.body
    const observationId = observationIdOf(request)
    const { prediction, isRepeat } = await teach(learner.label({ predictionId: prediction_id, actual, observationId }))
    if (isRepeat) markRepeat(reply)
    return { prediction_id, prediction, actual, error: actual - prediction, status: 'learned' }
  }
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ServedLearner } from '@millrace/engine'
import {
  IdempotencyHeadersSchema,
  LearnBatchReplySchema,
  LearnBatchRequestSchema,
  LearnRequestSchema,
  MessageReplySchema,
  PredictLearnReplySchema
} from '@millrace/protocol'
import { documentedHeaders } from '../http/documented-headers.ts'
import { markRepeat, repeatsNote } from '../http/repeat.ts'
import { observationIdOf } from '../http/observation-id.ts'
import { failures } from '../http/route-schema.ts'
import { batchReply, observationsOf, refuseTooMany } from './learn-batch.ts'
import { naming, type FindWriter } from './naming-writer.ts'

/** What {@link learnRoutes} is given. */
export interface LearnRoutesDeps {
  learner: Pick<ServedLearner, 'learn' | 'learnMany'>
  /** Where the process is that teaches the learner, if it is known and not this one. */
  findWriter: FindWriter
}

/** What teaches a model. Every observation may carry an id, and is learned once however often it comes. */
export const learnRoutes: FastifyPluginAsyncTypebox<LearnRoutesDeps> = async (app, { learner, findWriter }) => {
  const teach = naming(findWriter)

  app.post(
    '/train',
    {
      config: documentedHeaders(IdempotencyHeadersSchema),
      schema: {
        operationId: 'train',
        summary: 'Learn from one example',
        description: repeatsNote,
        body: LearnRequestSchema,
        response: { 200: MessageReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { features, target } = request.body
      const observationId = observationIdOf(request)
      const { isRepeat } = await teach(learner.learn({ features, target, observationId }))
      if (isRepeat) markRepeat(reply)
      return { message: 'Model trained successfully' }
    }
  )

  app.post(
    '/predict_learn',
    {
      config: documentedHeaders(IdempotencyHeadersSchema),
      schema: {
        operationId: 'predictLearn',
        summary: 'Predict, then learn from the actual value',
        description: repeatsNote,
        body: LearnRequestSchema,
        response: { 200: PredictLearnReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { features, target } = request.body
      const observationId = observationIdOf(request)
      const { prediction, isRepeat } = await teach(learner.learn({ features, target, observationId }))
      if (isRepeat) markRepeat(reply)
      return { prediction }
    }
  )

  app.post(
    '/predict_learn/batch',
    {
      config: documentedHeaders(IdempotencyHeadersSchema),
      schema: {
        operationId: 'predictLearnBatch',
        summary: 'Predict, then learn, one example after the other, with one write for all',
        description: `An example that cannot be learned fails alone. ${repeatsNote}`,
        body: LearnBatchRequestSchema,
        response: { 200: LearnBatchReplySchema, ...failures }
      },
      preValidation: async ({ body }) => refuseTooMany(body)
    },
    async (request, reply) => {
      const outcomes = await teach(learner.learnMany(observationsOf(request)))
      const { body, isRepeat } = batchReply(outcomes)
      if (isRepeat) markRepeat(reply)
      return body
    }
  )
}

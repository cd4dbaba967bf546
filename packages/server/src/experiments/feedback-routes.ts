import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import {
  AnyFeedbackReplySchema,
  AnyFeedbackRequestSchema,
  type BatchError,
  type FeedbackBatchReply,
  FeedbackBatchReplySchema,
  FeedbackBatchRequestSchema,
  type FeedbackRequest,
  FeedbackRequestSchema,
  IdempotencyHeadersSchema,
  largestFeedbackBatch,
  type OutcomeReply,
  OutcomeReplySchema
} from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { BodyReader, isObject, type JsonObject, own } from '../documents/body-reader.ts'
import { documentedParts } from '../http/documented-parts.ts'
import { failureOf, HttpError, invalidRequest } from '../http/failure.ts'
import { faultsOf, type ValidationProblem } from '../http/faults.ts'
import { markRepeat, repeatsNote } from '../http/repeat.ts'
import { failures } from '../http/route-schema.ts'
import { labelling, type LabellingDeps } from '../services/feedback-route.ts'
import { type OutcomeDeskDeps, takeOutcome, type TakenOutcome } from './outcome-desk.ts'
import { isAboutUnit, outcomeId, readOutcome } from './outcome-request.ts'

/** `POST /feedback` and `/feedback/batch` of the inference service. */
export const feedbackRoutes: FastifyPluginAsyncTypebox<LabellingDeps & OutcomeDeskDeps> = async (app, deps) => {
  const label = labelling(deps)

  app.post(
    '/feedback',
    {
      config: documentedParts({ body: AnyFeedbackRequestSchema, headers: IdempotencyHeadersSchema }),
      schema: {
        operationId: 'feedback',
        summary: 'Tell what came of a prediction, a request or a unit',
        description:
          'A prediction_id of the learner with its actual value is learned, once. Anything else is counted in the ' +
          'experiments and canaries that served the unit or request: conversions, values, and labels, from which accuracy ' +
          'and error follow. What nobody knows yet is kept, with 202, and counted when it becomes known. The same id with ' +
          'something else is refused.',
        response: { 200: AnyFeedbackReplySchema, 202: OutcomeReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { body } = request
      if (isObject(body) && isAboutUnit(body)) return await countOne(body, request, reply)
      const labelled = learnerLabel(request)
      try {
        return await label({ headers: request.headers, body: labelled }, reply)
      } catch (error) {
        return await countedAsRequest(labelled, error, reply)
      }
    }
  )

  async function countOne(body: JsonObject, request: FastifyRequest, reply: FastifyReply): Promise<OutcomeReply> {
    const reader = new BodyReader()
    const told = readOutcome(reader, body, ['body'])
    reader.throwIfFaulty()
    const taken = await takeOutcome(deps, told, outcomeId(told, request.headers))
    if (taken.isRepeat) markRepeat(reply)
    if (taken.body.counted.length === 0) void reply.code(202)
    return taken.body
  }

  /** A prediction that is not the learner's may be one of a model: its id is that of the request. */
  async function countedAsRequest(
    { prediction_id: requestId, actual }: FeedbackRequest,
    error: unknown,
    reply: FastifyReply
  ): Promise<OutcomeReply> {
    if (!(error instanceof MillraceError) || error.code !== 'MILL_PREDICTION_NOT_FOUND') throw error
    const reader = new BodyReader()
    const told = readOutcome(reader, { request_id: requestId, actual }, ['body'])
    reader.throwIfFaulty()
    const { body, isRepeat } = await takeOutcome(deps, told, undefined)
    if (body.counted.length === 0) throw error
    if (isRepeat) markRepeat(reply)
    return body
  }

  app.post(
    '/feedback/batch',
    {
      config: documentedParts({ body: FeedbackBatchRequestSchema, headers: IdempotencyHeadersSchema }),
      schema: {
        operationId: 'feedbackBatch',
        summary: 'Tell what came of many units and requests',
        description: `One that cannot be counted fails alone; where the storage takes none, the reply is 503. ${repeatsNote}`,
        response: { 200: FeedbackBatchReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const outcomes = await Promise.all(
        feedbackIn(request.body).map((one, index) => tried(() => takeFromBatch(one, index, request)))
      )
      refuseIfNoneCan(outcomes)
      const { body, isRepeat } = batchReply(outcomes)
      if (isRepeat) markRepeat(reply)
      return body
    }
  )

  async function takeFromBatch(one: unknown, index: number, { headers }: FastifyRequest): Promise<TakenOutcome> {
    const reader = new BodyReader()
    const place = ['body', 'feedback', index]
    const told = readOutcome(reader, reader.object(one, place), place)
    reader.throwIfFaulty()
    return await takeOutcome(deps, told, outcomeId(told, headers, index))
  }
}

/** What the learner is told, to the letter of its own schema. @throws {HttpError} MILL_REQUEST_INVALID */
function learnerLabel(request: FastifyRequest): FeedbackRequest {
  const isValid = request.compileValidationSchema(FeedbackRequestSchema)
  if (isValid(request.body)) return request.body as FeedbackRequest
  throw new HttpError(invalidRequest(faultsOf((isValid.errors ?? []) as ValidationProblem[], 'body')))
}

/** @throws {HttpError} MILL_REQUEST_INVALID */
function feedbackIn(given: unknown): readonly unknown[] {
  const reader = new BodyReader()
  const body = reader.object(given, ['body'])
  const loc = ['body', 'feedback']
  const list = reader.list(own(body, 'feedback'), loc)
  if (list.length > largestFeedbackBatch) {
    reader.add({ type: 'too_long', loc, msg: `List should have at most ${largestFeedbackBatch} items` })
  }
  reader.throwIfFaulty()
  return list
}

async function tried(work: () => Promise<TakenOutcome>): Promise<TakenOutcome | Error> {
  try {
    return await work()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

/** @throws the first failure, when all have failed for reasons of the server: the batch is to be sent again */
function refuseIfNoneCan(outcomes: readonly (TakenOutcome | Error)[]): void {
  const [first] = outcomes
  const haveAllFailed = outcomes.every(outcome => outcome instanceof Error && failureOf(outcome).status >= 500)
  if (first instanceof Error && haveAllFailed) throw first
}

function batchReply(outcomes: readonly (TakenOutcome | Error)[]): { body: FeedbackBatchReply; isRepeat: boolean } {
  const results = outcomes.map(outcome => (outcome instanceof Error ? null : outcome.body))
  const errors = outcomes.flatMap((outcome, index) => (outcome instanceof Error ? [errorAt(index, outcome)] : []))
  const isRepeat = outcomes.length > 0 && outcomes.every(outcome => !(outcome instanceof Error) && outcome.isRepeat)
  return { body: { results, errors }, isRepeat }
}

function errorAt(index: number, error: Error): BatchError {
  const { code, message, details } = failureOf(error).body
  return { index, code, message, details }
}

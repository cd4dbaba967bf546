import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type DataPredictReply,
  type FailedPredictReply,
  largestPredictBatch,
  PredictBatchReplySchema,
  PredictBatchRequestSchema,
  type WinePredictReply
} from '@millrace/protocol'
import type { FastifyRequest } from 'fastify'
import { documentedParts } from '../http/documented-parts.ts'
import { failureOf } from '../http/failure.ts'
import { type FaultPlace, missing, wrongTypeFault } from '../http/faults.ts'
import { failures } from '../http/route-schema.ts'
import { askModel } from './ask-model.ts'
import { BodyReader, isObject, type JsonObject, own, refuse } from './body-reader.ts'
import { classesOf } from './classes.ts'
import { dataReply, readData } from './data-answer.ts'
import { type PredictDeps, tellConfidence } from './predict-route.ts'
import { requestIdIn, routingOf } from './reply-parts.ts'
import { readWine, refuseOutOfRange, wineAnswer, wineFacts, wineMatrix, wineModel } from './wine-answer.ts'

/** What {@link batchRoute} is given. */
export type BatchDeps = Pick<PredictDeps, 'models' | 'dataModel' | 'metrics'>

/** `POST /predict/batch`: up to 100 requests, or wines, at once. */
export const batchRoute: FastifyPluginAsyncTypebox<BatchDeps> = async (app, deps) => {
  app.post(
    '/predict/batch',
    {
      config: documentedParts({ body: PredictBatchRequestSchema }),
      schema: {
        operationId: 'predictBatch',
        summary: 'Predict many times at once',
        description:
          'Of requests, one whose rows do not fit the model fails alone: its lists are empty and model_info.error says ' +
          'why. A fault of types, in them or in features_list, refuses the whole batch with 422 and nothing is asked.',
        response: { 200: PredictBatchReplySchema, ...failures }
      }
    },
    request => answerBatch(request, deps)
  )
}

async function answerBatch({ body: given, id }: FastifyRequest, deps: BatchDeps): Promise<object[]> {
  const { list, place, isWine, body } = batchShape(given)
  return isWine ? answerWines(body, { list, place, id }, deps) : answerRequests({ list, place, id }, deps)
}

interface Batch {
  readonly list: readonly unknown[]
  readonly place: FaultPlace
  /** Id of the HTTP request. */
  readonly id: string
}

const offered = 'send requests (a list of objects with data), the bare list of them, or features_list (a list of wines)'

/** @throws {HttpError} MILL_REQUEST_INVALID for another shape, or a list of none or too many */
function batchShape(given: unknown): Omit<Batch, 'id'> & { isWine: boolean; body: JsonObject } {
  const body = ['body']
  if (Array.isArray(given)) return { list: sized(given, body), place: body, isWine: false, body: {} }
  if (given === undefined || given === null) refuse(missing(body))
  if (!isObject(given)) refuse(wrongTypeFault(body, 'object', given))
  const [key, other] = ['requests', 'features_list'].filter(each => (own(given, each) ?? null) !== null)
  if (key === undefined || other !== undefined) {
    const got = key === undefined ? 'neither requests nor features_list' : 'both requests and features_list'
    refuse({ type: 'value_error', loc: body, msg: `the body has ${got}; ${offered}` })
  }
  const place = [...body, key]
  const list = own(given, key)
  if (!Array.isArray(list)) refuse(wrongTypeFault(place, 'array', list))
  return { list: sized(list, place), place, isWine: key === 'features_list', body: given }
}

function sized(list: readonly unknown[], loc: FaultPlace): readonly unknown[] {
  if (list.length === 0) refuse({ type: 'too_short', loc, msg: 'List should have at least 1 item' })
  if (list.length <= largestPredictBatch) return list
  refuse({ type: 'too_long', loc, msg: `List should have at most ${largestPredictBatch} items, got ${list.length}` })
}

/** Types are checked before anything is asked; whether rows fit the model is seen for each request alone. */
async function answerRequests(
  { list, place, id }: Batch,
  { dataModel }: BatchDeps
): Promise<(DataPredictReply | FailedPredictReply)[]> {
  const reader = new BodyReader()
  const questions = list.map((each, index) => {
    const loc = [...place, index]
    return readData(reader, reader.object(each, loc), loc)
  })
  reader.throwIfFaulty()
  const ids = questions.map(({ requestId }, index) => requestId ?? `${id}_${index}`)
  const answers = await Promise.allSettled(
    questions.map(async (question, index) => dataReply(await dataModel.ask(question), question, ids[index]!))
  )
  refuseIfNoneCan(answers)
  return answers.map((answer, index) =>
    answer.status === 'fulfilled' ? answer.value : failedReply(answer.reason, dataModel.name(), ids[index]!)
  )
}

/** @throws the first failure, when all have failed for reasons that lie with none of the requests */
function refuseIfNoneCan(answers: readonly PromiseSettledResult<unknown>[]): void {
  const reasons = answers.flatMap(answer => (answer.status === 'rejected' ? [answer.reason as unknown] : []))
  if (reasons.length === answers.length && reasons.every(isOfServer)) throw reasons[0]
}

function isOfServer(error: unknown): boolean {
  const { status, body } = failureOf(error)
  return status >= 500 || body.code === 'MILL_MODEL_NOT_FOUND'
}

function failedReply(error: unknown, modelName: string, requestId: string): FailedPredictReply {
  const { message, code } = failureOf(error).body
  return {
    predictions: [],
    probabilities: [],
    model_info: { model_name: modelName, prediction_time: 0, input_shape: [], cached: false, error: message, code },
    request_id: requestId
  }
}

/** All wines go to the model at once. */
async function answerWines(
  body: JsonObject,
  { list, place, id }: Batch,
  { models, metrics }: BatchDeps
): Promise<WinePredictReply[]> {
  const reader = new BodyReader()
  const placeOf = (index: number) => [...place, index]
  const rows = list.map((wine, index) => readWine(reader, wine, placeOf(index)))
  const requestId = requestIdIn(reader, body, ['body']) ?? id
  reader.throwIfFaulty()
  const matrix = wineMatrix(rows, { values: list, place: placeOf })
  const reply = await askModel(models, { model: wineModel, matrix, check: refuseOutOfRange })
  metrics.alsoPredicted(list.length - 1)
  const classes = classesOf(reply)
  const facts = wineFacts(reply.route.version, reply.durationMs / list.length)
  const routing = routingOf(reply)
  return list.map((_, index) => {
    const answer = wineAnswer(classes, index)
    tellConfidence(metrics, reply, answer.confidence)
    return { ...answer, ...facts, request_id: `${requestId}_${index}`, routing }
  })
}

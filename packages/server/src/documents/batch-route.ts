import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import {
  type DataPredictReply,
  type FailedPredictReply,
  largestPredictBatch,
  PredictBatchReplySchema,
  PredictBatchRequestSchema,
  type WinePredictReply
} from '@millrace/protocol'
import type { Route } from '@millrace/engine'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { documentedParts } from '../http/documented-parts.ts'
import { failureOf } from '../http/failure.ts'
import { type FaultPlace, missing, wrongTypeFault } from '../http/faults.ts'
import { tellRoute } from '../http/route-facts.ts'
import { failures } from '../http/route-schema.ts'
import { type WhoAsks, whoAsksBy } from '../http/who-asks.ts'
import { askModel } from './ask-model.ts'
import { BodyReader, isObject, type JsonObject, own, refuse } from './body-reader.ts'
import { classesOf } from './classes.ts'
import { dataReply, readData } from './data-answer.ts'
import { type PredictDeps, tellConfidence } from './predict-route.ts'
import { askerOf, introductionIn, routingOf } from './reply-parts.ts'
import { readWine, refuseOutOfRange, wineAnswer, wineFacts, wineMatrix, wineModel } from './wine-answer.ts'

/** What {@link batchRoute} is given. */
export type BatchDeps = Pick<PredictDeps, 'models' | 'dataModel' | 'metrics' | 'unitHeader'>

/** `POST /predict/batch`: up to 100 requests, or wines, at once. */
export const batchRoute: FastifyPluginAsyncTypebox<BatchDeps> = async (app, deps) => {
  const whoAsks = whoAsksBy(deps.unitHeader)
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
    (request, reply) => answerBatch({ ...deps, whoAsks, request, reply })
  )
}

/** One request, and how it is answered. */
interface Exchange extends BatchDeps {
  readonly whoAsks: WhoAsks
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

async function answerBatch(exchange: Exchange): Promise<object[]> {
  const batch = batchShape(exchange.request.body)
  return batch.isWine ? answerWines(batch, exchange) : answerRequests(batch, exchange)
}

interface Batch {
  readonly list: readonly unknown[]
  readonly place: FaultPlace
  readonly isWine: boolean
  /** What the list is in; empty for a bare one. */
  readonly body: JsonObject
}

const offered = 'send requests (a list of objects with data), the bare list of them, or features_list (a list of wines)'

/** @throws {HttpError} MILL_REQUEST_INVALID for another shape, or a list of none or too many */
function batchShape(given: unknown): Batch {
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
  { list, place }: Batch,
  { dataModel, whoAsks, request, reply }: Exchange
): Promise<(DataPredictReply | FailedPredictReply)[]> {
  const reader = new BodyReader()
  const read = list.map((each, index) => {
    const loc = [...place, index]
    return readData(reader, reader.object(each, loc), loc)
  })
  reader.throwIfFaulty()
  const questions = read.map(({ question, said }, index) => ({
    ...question,
    ...askerOf(whoAsks, said, request, index)
  }))
  const answers = await Promise.allSettled(
    questions.map(async question => {
      const answered = await dataModel.ask(question)
      return { route: answered.route, told: dataReply(answered, question, question.requestId) }
    })
  )
  refuseIfNoneCan(answers)
  tellCommonRoute(
    reply,
    answers.flatMap(answer => (answer.status === 'fulfilled' ? [answer.value.route] : []))
  )
  return answers.map((answer, index) => {
    if (answer.status === 'fulfilled') return answer.value.told
    return failedReply(answer.reason, dataModel.name(), questions[index]!.requestId)
  })
}

/** Headers speak for all of a batch, or not at all: each answer has its own `routing`. */
function tellCommonRoute(reply: FastifyReply, routes: readonly Route[]): void {
  const [first, ...others] = routes
  if (first !== undefined && others.every(route => route === first)) tellRoute(reply, first)
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
async function answerWines({ body, list, place }: Batch, exchange: Exchange): Promise<WinePredictReply[]> {
  const { models, metrics, whoAsks, request } = exchange
  const reader = new BodyReader()
  const placeOf = (index: number) => [...place, index]
  const rows = list.map((wine, index) => readWine(reader, wine, placeOf(index)))
  const said = introductionIn(reader, body, ['body'])
  reader.throwIfFaulty()
  const asker = askerOf(whoAsks, said, request)
  const matrix = wineMatrix(rows, { values: list, place: placeOf })
  const reply = await askModel(models, { model: wineModel, matrix, check: refuseOutOfRange, ...asker })
  tellRoute(exchange.reply, reply.route)
  metrics.alsoPredicted(list.length - 1)
  const classes = classesOf(reply)
  const facts = wineFacts(reply.route.version, reply.durationMs / list.length)
  const routing = routingOf(reply)
  return list.map((_, index) => {
    const answer = wineAnswer(classes, index)
    tellConfidence(metrics, reply, answer.confidence)
    // All are one request: by any other id nobody could tell what came of it.
    return { ...answer, ...facts, request_id: asker.requestId, routing }
  })
}

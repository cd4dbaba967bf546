import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { InferReply, ServedLearner } from '@millrace/engine'
import {
  AnyPredictReplySchema,
  AnyPredictRequestSchema,
  type DataPredictReply,
  type ListPredictReply,
  type PredictReply,
  type PredictRequest,
  PredictRequestSchema,
  type WinePredictReply
} from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { documentedParts } from '../http/documented-parts.ts'
import { invalidRequest, HttpError } from '../http/failure.ts'
import { faultsOf, type ValidationProblem } from '../http/faults.ts'
import { tellRoute } from '../http/route-facts.ts'
import { failures } from '../http/route-schema.ts'
import { type WhoAsks, whoAsksBy } from '../http/who-asks.ts'
import type { ServingMetrics } from '../metrics/serving-metrics.ts'
import { learnerForecast } from '../services/model-routes.ts'
import { type AskedModels, askModel } from './ask-model.ts'
import { BodyReader, type JsonObject, own } from './body-reader.ts'
import { classesOf } from './classes.ts'
import { dataReply, readData } from './data-answer.ts'
import type { DataModel } from './data-model.ts'
import { listReply, readList } from './list-answer.ts'
import { predictShape } from './predict-shape.ts'
import { askerOf, introductionIn, routingOf, versionIn } from './reply-parts.ts'
import { readWine, refuseOutOfRange, wineAnswer, wineFacts, wineMatrix, wineModel } from './wine-answer.ts'

/** What {@link predictRoute} is given. */
export interface PredictDeps {
  models: AskedModels
  /** The model that answers `data`. */
  dataModel: DataModel
  /** Name of the model that answers a list of features. */
  featuresModel: string
  /** Answers objects of features that are no wine. */
  learner: Pick<ServedLearner, 'predictAndKeep'>
  metrics: Pick<ServingMetrics, 'alsoPredicted' | 'wasSure'>
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
}

/** One request, and how it is answered. */
interface Exchange extends PredictDeps {
  readonly whoAsks: WhoAsks
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** `POST /predict`: the shape of the body says which model answers. */
export const predictRoute: FastifyPluginAsyncTypebox<PredictDeps> = async (app, deps) => {
  const whoAsks = whoAsksBy(deps.unitHeader)
  app.post(
    '/predict',
    {
      config: documentedParts({ body: AnyPredictRequestSchema }),
      schema: {
        operationId: 'predict',
        summary: 'Predict; the shape of the body says with which model',
        description:
          'data asks the classifier of rows, wine_features or 11 features the wine model, another list the versions ' +
          'that GET /models lists, and any other object of features the learner, whose reply carries a prediction_id ' +
          'by which POST /feedback takes the actual value later.',
        response: { 200: AnyPredictReplySchema, ...failures }
      }
    },
    (request, reply) => answer({ ...deps, whoAsks, request, reply })
  )
}

async function answer(exchange: Exchange): Promise<object> {
  const shape = predictShape(exchange.request.body)
  switch (shape.kind) {
    case 'data':
      return answerData(shape.body, exchange)
    case 'wine':
      return answerWine(shape.body, shape.key, exchange)
    case 'list':
      return answerList(shape.body, exchange)
    case 'learner':
      return answerFeatures(exchange)
  }
}

const body = ['body']

async function answerData(given: JsonObject, exchange: Exchange): Promise<DataPredictReply> {
  const reader = new BodyReader()
  const { question, said } = readData(reader, given, body)
  reader.throwIfFaulty()
  const asker = askerOf(exchange.whoAsks, said, exchange.request)
  const answered = await exchange.dataModel.ask({ ...question, ...asker })
  tellRoute(exchange.reply, answered.route)
  return dataReply(answered, question, asker.requestId)
}

async function answerWine(given: JsonObject, key: string, exchange: Exchange): Promise<WinePredictReply> {
  const reader = new BodyReader()
  const value = own(given, key)
  const row = readWine(reader, value, [...body, key])
  const version = versionIn(reader, given, body)
  const said = introductionIn(reader, given, body)
  reader.throwIfFaulty()
  const asker = askerOf(exchange.whoAsks, said, exchange.request)
  const matrix = wineMatrix([row], { values: [value], place: () => [...body, key] })
  const question = { model: wineModel, version, matrix, check: refuseOutOfRange, ...asker }
  const answered = await askModel(exchange.models, question)
  const judged = wineAnswer(classesOf(answered), 0)
  tellConfidence(exchange.metrics, answered, judged.confidence)
  tellRoute(exchange.reply, answered.route)
  return {
    ...judged,
    ...wineFacts(answered.route.version, answered.durationMs),
    request_id: asker.requestId,
    routing: routingOf(answered)
  }
}

async function answerList(given: JsonObject, exchange: Exchange): Promise<ListPredictReply> {
  const { models, featuresModel, metrics } = exchange
  const reader = new BodyReader()
  const { question, said } = readList(reader, given)
  reader.throwIfFaulty()
  const asker = askerOf(exchange.whoAsks, said, exchange.request)
  const answered = await askModel(models, { model: featuresModel, ...question, ...asker })
  const told = listReply(answered, asker.requestId)
  tellConfidence(metrics, answered, told.confidence)
  tellRoute(exchange.reply, answered.route)
  return told
}

/** The learner answers what it always has, to the letter of its own schema. */
async function answerFeatures({ request, learner, metrics }: Exchange): Promise<PredictReply> {
  const isValid = request.compileValidationSchema(PredictRequestSchema)
  if (!isValid(request.body)) {
    throw new HttpError(invalidRequest(faultsOf((isValid.errors ?? []) as ValidationProblem[], 'body')))
  }
  const forecast = await learnerForecast(learner, (request.body as PredictRequest).features)
  metrics.alsoPredicted(1)
  return forecast
}

/** Tell the metrics how sure a model was, if it says so. */
export function tellConfidence(metrics: PredictDeps['metrics'], reply: InferReply, confidence: number | null): void {
  if (confidence !== null) metrics.wasSure(reply, confidence)
}

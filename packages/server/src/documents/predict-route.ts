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
import type { FastifyRequest } from 'fastify'
import { documentedParts } from '../http/documented-parts.ts'
import { invalidRequest, HttpError } from '../http/failure.ts'
import { faultsOf, type ValidationProblem } from '../http/faults.ts'
import { failures } from '../http/route-schema.ts'
import type { ServingMetrics } from '../metrics/serving-metrics.ts'
import { learnerForecast } from '../services/model-routes.ts'
import { type AskedModels, askModel } from './ask-model.ts'
import { BodyReader, type JsonObject, own } from './body-reader.ts'
import { classesOf } from './classes.ts'
import { dataReply, readData } from './data-answer.ts'
import type { DataModel } from './data-model.ts'
import { listReply, readList } from './list-answer.ts'
import { predictShape } from './predict-shape.ts'
import { requestIdIn, routingOf, versionIn } from './reply-parts.ts'
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
}

/** `POST /predict`: the shape of the body says which model answers. */
export const predictRoute: FastifyPluginAsyncTypebox<PredictDeps> = async (app, deps) => {
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
    request => answer(request, deps)
  )
}

async function answer(request: FastifyRequest, deps: PredictDeps): Promise<object> {
  const shape = predictShape(request.body)
  switch (shape.kind) {
    case 'data':
      return answerData(shape.body, request, deps)
    case 'wine':
      return answerWine(shape.body, shape.key, request, deps)
    case 'list':
      return answerList(shape.body, request, deps)
    case 'learner':
      return answerFeatures(request, deps)
  }
}

const body = ['body']

async function answerData(
  given: JsonObject,
  { id }: FastifyRequest,
  { dataModel }: PredictDeps
): Promise<DataPredictReply> {
  const reader = new BodyReader()
  const question = readData(reader, given, body)
  reader.throwIfFaulty()
  return dataReply(await dataModel.ask(question), question, question.requestId ?? id)
}

async function answerWine(
  given: JsonObject,
  key: string,
  { id }: FastifyRequest,
  { models, metrics }: PredictDeps
): Promise<WinePredictReply> {
  const reader = new BodyReader()
  const value = own(given, key)
  const row = readWine(reader, value, [...body, key])
  const version = versionIn(reader, given, body)
  const requestId = requestIdIn(reader, given, body)
  reader.throwIfFaulty()
  const matrix = wineMatrix([row], { values: [value], place: () => [...body, key] })
  const reply = await askModel(models, { model: wineModel, version, matrix, check: refuseOutOfRange })
  const judged = wineAnswer(classesOf(reply), 0)
  tellConfidence(metrics, reply, judged.confidence)
  return {
    ...judged,
    ...wineFacts(reply.route.version, reply.durationMs),
    request_id: requestId ?? id,
    routing: routingOf(reply)
  }
}

async function answerList(
  given: JsonObject,
  { id }: FastifyRequest,
  { models, featuresModel, metrics }: PredictDeps
): Promise<ListPredictReply> {
  const reader = new BodyReader()
  const { requestId, mayExperiment: _, ...question } = readList(reader, given)
  reader.throwIfFaulty()
  const reply = await askModel(models, { model: featuresModel, ...question })
  const told = listReply(reply, requestId ?? id)
  tellConfidence(metrics, reply, told.confidence)
  return told
}

/** The learner answers what it always has, to the letter of its own schema. */
async function answerFeatures(request: FastifyRequest, { learner, metrics }: PredictDeps): Promise<PredictReply> {
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

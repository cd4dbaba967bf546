import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { finite } from '@millrace/common'
import { learnerNames, type ServedLearner } from '@millrace/engine'
import {
  type Features,
  type ModelHealthReply,
  ModelHealthReplySchema,
  ModelInfoReplySchema,
  ModelMetricsReplySchema,
  PredictManyReplySchema,
  PredictManyRequestSchema,
  type PredictReply,
  PredictReplySchema,
  PredictRequestSchema
} from '@millrace/protocol'
import type { Durability } from '@millrace/store'
import { failures } from '../http/route-schema.ts'
import { modelMetricsReply } from './model-metrics-reply.ts'

/** The version of River whose algorithms and parameters the learners follow; clients know it as `model_version`. */
const riverVersion = '0.22.0'

/** What {@link modelRoutes} is given. */
export interface ModelRoutesDeps {
  learner: ServedLearner
  durability: Durability
}

/** What tells of a model, and what predicts without teaching it. */
export const modelRoutes: FastifyPluginAsyncTypebox<ModelRoutesDeps> = async (app, { learner, durability }) => {
  void app.register(modelFactRoutes, { learner })

  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'Is the service up, and can the model learn',
        response: { 200: ModelHealthReplySchema, ...failures }
      }
    },
    async () => learnerHealth(learner, durability)
  )

  app.post(
    '/predict',
    {
      schema: {
        operationId: 'predict',
        summary: 'Predict the next value; changes nothing',
        description: 'The reply carries a prediction_id, by which POST /feedback takes the actual value later.',
        body: PredictRequestSchema,
        response: { 200: PredictReplySchema, ...failures }
      }
    },
    async ({ body }) => learnerForecast(learner, body.features)
  )
}

/** Those of {@link modelRoutes} that no other thing answers on the port of the inference service. */
export const modelFactRoutes: FastifyPluginAsyncTypebox<Pick<ModelRoutesDeps, 'learner'>> = async (
  app,
  { learner }
) => {
  app.get(
    '/info',
    {
      schema: {
        operationId: 'modelInfo',
        summary: 'Which model this is',
        response: { 200: ModelInfoReplySchema, ...failures }
      }
    },
    async () => ({
      model_name: `River ${titleOf(learner.name)}`,
      model_version: riverVersion,
      forecast_horizon: 1,
      feature_agnostic: true,
      regression_model: true,
      available_models: [...learnerNames]
    })
  )

  app.post(
    '/predict_many',
    {
      schema: {
        operationId: 'predictMany',
        summary: 'Predict several steps ahead; changes nothing',
        body: PredictManyRequestSchema,
        response: { 200: PredictManyReplySchema, ...failures }
      }
    },
    async ({ body }) => ({ forecast: learner.predictMany(body.features, body.steps ?? 5) })
  )

  app.get(
    '/model_metrics',
    {
      schema: {
        operationId: 'modelMetrics',
        summary: 'How well the model has predicted',
        response: { 200: ModelMetricsReplySchema, ...failures }
      }
    },
    async () => modelMetricsReply(learner)
  )
}

/** Whether a learner is up, and can learn. */
export function learnerHealth(learner: Pick<ServedLearner, 'health'>, durability: Durability): ModelHealthReply {
  const { role, sequence, problem } = learner.health()
  const state = { model_loaded: true, role, sequence, durability }
  return problem === undefined ? { status: 'ok', ...state } : { status: 'degraded', ...state, problem }
}

/** What a learner predicts, with the id by which a label can be given later. @throws {MillraceError} MILL_VALUE_NOT_FINITE */
export async function learnerForecast(
  learner: Pick<ServedLearner, 'predictAndKeep'>,
  features: Features
): Promise<PredictReply> {
  const { prediction, predictionId } = await learner.predictAndKeep(features)
  const forecast = [{ value: finite('prediction', prediction) }]
  return predictionId === undefined ? { forecast } : { forecast, prediction_id: predictionId }
}

/** `linear_regression` for people: `Linear Regression`. */
function titleOf(name: string): string {
  return name
    .split('_')
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}

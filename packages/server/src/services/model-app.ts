import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { finite } from '@millrace/common'
import { learnerNames, type OnlineModel } from '@millrace/engine'
import {
  LearnRequestSchema,
  MessageReplySchema,
  ModelHealthReplySchema,
  ModelInfoReplySchema,
  ModelMetricsReplySchema,
  PredictLearnReplySchema,
  PredictManyReplySchema,
  PredictManyRequestSchema,
  PredictReplySchema,
  PredictRequestSchema
} from '@millrace/protocol'
import { Registry } from 'prom-client'
import { buildApp, type CommonDeps } from '../app.ts'
import type { App } from '../app-type.ts'
import { failures } from '../http/route-schema.ts'
import { registerModelMetrics } from './model-gauges.ts'
import { modelMetricsReply } from './model-metrics-reply.ts'

/** The version of River whose algorithms and parameters the learners follow; clients know it as `model_version`. */
const riverVersion = '0.22.0'

/** What {@link modelApp} is given. */
export interface ModelAppDeps extends CommonDeps {
  /** Name of the service. */
  service: string
  model: OnlineModel
}

/** An app that serves one learner and tells of its predictions in `/metrics`. Does not listen. */
export function modelApp({ model, ...common }: ModelAppDeps): App {
  const registry = new Registry()
  registerModelMetrics(registry, model)
  const app = buildApp({ ...common, registry })
  void app.register(modelRoutes, { model })
  return app
}

const modelRoutes: FastifyPluginAsyncTypebox<{ model: OnlineModel }> = async (app, { model }) => {
  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'Is the service up',
        response: { 200: ModelHealthReplySchema, ...failures }
      }
    },
    async () => ({ status: 'ok' as const, model_loaded: true })
  )

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
      model_name: `River ${titleOf(model.name)}`,
      model_version: riverVersion,
      forecast_horizon: 1,
      feature_agnostic: true,
      regression_model: true,
      available_models: [...learnerNames]
    })
  )

  app.post(
    '/train',
    {
      schema: {
        operationId: 'train',
        summary: 'Learn from one example',
        body: LearnRequestSchema,
        response: { 200: MessageReplySchema, ...failures }
      }
    },
    async ({ body }) => {
      model.train(body.features, body.target)
      return { message: 'Model trained successfully' }
    }
  )

  app.post(
    '/predict',
    {
      schema: {
        operationId: 'predict',
        summary: 'Predict the next value; changes nothing',
        body: PredictRequestSchema,
        response: { 200: PredictReplySchema, ...failures }
      }
    },
    async ({ body }) => ({ forecast: [{ value: finite('prediction', model.predict(body.features)) }] })
  )

  app.post(
    '/predict_learn',
    {
      schema: {
        operationId: 'predictLearn',
        summary: 'Predict, then learn from the actual value',
        body: LearnRequestSchema,
        response: { 200: PredictLearnReplySchema, ...failures }
      }
    },
    async ({ body }) => ({ prediction: finite('prediction', model.predictLearn(body.features, body.target)) })
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
    async ({ body }) => ({ forecast: model.predictMany(body.features, body.steps ?? 5) })
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
    async () => modelMetricsReply(model)
  )
}

/** `linear_regression` for people: `Linear Regression`. */
function titleOf(name: string): string {
  return name
    .split('_')
    .map(word => word.charAt(0).toUpperCase() + word.slice(1))
    .join(' ')
}

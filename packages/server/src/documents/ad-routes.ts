import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { bidFeatures, ctrFeatures, fraudFeatures, type InferReply } from '@millrace/engine'
import {
  type BidRequest,
  BidReplySchema,
  BidRequestSchema,
  CtrReplySchema,
  CtrRequestSchema,
  FraudReplySchema,
  FraudRequestSchema
} from '@millrace/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { tellRoute } from '../http/route-facts.ts'
import { failures } from '../http/route-schema.ts'
import { whoAsksBy } from '../http/who-asks.ts'
import { type AskedModels, askModel } from './ask-model.ts'
import { classesOf, valuesOf } from './classes.ts'
import type { Matrix } from './matrix.ts'
import { askerOf, milliseconds, routingOf } from './reply-parts.ts'

/** What {@link adRoutes} is given. */
export interface AdDeps {
  models: AskedModels
  /** Name of the header that names the unit of experiments; the standard one unless given. */
  unitHeader?: string | undefined
}

interface AskerFields {
  readonly request_id?: string | null
  readonly unit_id?: string | null
  readonly use_ab_testing?: boolean
}

/** `POST /predict/fraud`, `/predict/ctr` and `/predict/bid`: the models of an ad platform. */
export const adRoutes: FastifyPluginAsyncTypebox<AdDeps> = async (app, { models, unitHeader }) => {
  const whoAsks = whoAsksBy(unitHeader)
  const ask = async (
    model: string,
    features: Float32Array,
    { request, reply }: { request: FastifyRequest; reply: FastifyReply }
  ) => {
    const { request_id, unit_id, use_ab_testing: mayExperiment = true } = request.body as AskerFields
    const said = { id: request_id ?? undefined, unitId: unit_id ?? undefined, mayExperiment }
    const asker = askerOf(whoAsks, said, request)
    const answered = await askModel(models, { model, matrix: rowOf(features), ...asker })
    tellRoute(reply, answered.route)
    return { answered, facts: told(answered, asker.requestId) }
  }

  app.post(
    '/predict/fraud',
    {
      schema: {
        operationId: 'predictFraud',
        summary: 'How likely a visitor is a fraud',
        description: 'confidence is the probability of what is_fraud says.',
        body: FraudRequestSchema,
        response: { 200: FraudReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { answered, facts } = await ask('fraud_detection', fraudFeatures(request.body), { request, reply })
      const fraud_score = chanceOf(answered)
      const prediction = { fraud_score, is_fraud: fraud_score > 0.5 }
      return { ...facts, prediction, confidence: Math.max(fraud_score, 1 - fraud_score) }
    }
  )

  app.post(
    '/predict/ctr',
    {
      schema: {
        operationId: 'predictCtr',
        summary: 'How likely an impression is clicked on',
        description: 'confidence is null: predicted_ctr is itself a probability, and the model says no more.',
        body: CtrRequestSchema,
        response: { 200: CtrReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { answered, facts } = await ask('ctr_prediction', ctrFeatures(request.body), { request, reply })
      return { ...facts, prediction: { predicted_ctr: chanceOf(answered) }, confidence: null }
    }
  )

  app.post(
    '/predict/bid',
    {
      schema: {
        operationId: 'predictBid',
        summary: 'What to bid for 1,000 impressions',
        description: 'confidence is the share of best bids that the interval held on data the model had not seen.',
        body: BidRequestSchema,
        response: { 200: BidReplySchema, ...failures }
      }
    },
    async (request, reply) => {
      const { answered, facts } = await ask('bid_optimization', bidFeatures(request.body), { request, reply })
      return { ...facts, ...bidAnswer(answered, request.body) }
    }
  )
}

/** The row was made of checked values, so the request is never at fault for it. */
function rowOf(features: Float32Array): Matrix {
  return { rows: [features], place: () => ['body'], isMade: true }
}

function told(reply: InferReply, requestId: string) {
  const { route, durationMs, isCached } = reply
  return {
    model_name: route.model,
    model_version: route.version,
    latency_ms: milliseconds(durationMs),
    cached: isCached,
    request_id: requestId,
    routing: routingOf(reply)
  }
}

/** The probability of the second of two classes, or the one number of a model that says no more. */
function chanceOf(reply: InferReply): number {
  const { labels, probabilities } = classesOf(reply)
  const chance = probabilities[0]?.[1] ?? Number(labels[0])
  return Math.min(1, Math.max(0, chance))
}

function bidAnswer(reply: InferReply, request: BidRequest) {
  const { outputs, metrics } = reply.served.metadata
  const bid = valuesOf(reply, outputs.prediction ?? reply.outputs[0]!.name)[0]!
  const [low, high] = [outputs.low, outputs.high].map(name => (name === undefined ? bid : valuesOf(reply, name)[0]!))
  return {
    prediction: {
      optimized_cpm: allowedBid(bid, request),
      confidence_interval: [allowedBid(Math.min(low!, bid), request), allowedBid(Math.max(high!, bid), request)]
    },
    confidence: metrics['interval_coverage'] ?? null
  }
}

/**
 * The nearest bid that is allowed: not below the floor, which would buy nothing, and not above the budget, unless the
 * floor is. 0, which is no bid, when the budget does not pay for a single impression at the floor.
 */
function allowedBid(bid: number, { floor_cpm: floor, budget_remaining: budget }: BidRequest): number {
  if (budget * 1000 < floor) return 0
  return Math.max(floor, Math.min(bid, budget))
}

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ModelServer, ModelStatus, ServedLearner } from '@millrace/engine'
import { type InferenceHealthReply, InferenceHealthReplySchema } from '@millrace/protocol'
import type { Durability } from '@millrace/store'
import { failures } from '../http/route-schema.ts'
import { learnerHealth } from '../services/model-routes.ts'
import type { DataModel } from './data-model.ts'
import type { Uptime } from './uptime.ts'

/** What {@link healthRoute} is given. */
export interface HealthDeps {
  models: Pick<ModelServer, 'models' | 'isReady' | 'problems'>
  dataModel: DataModel
  learner: Pick<ServedLearner, 'health' | 'name'>
  durability: Durability
  /** Version of the API. */
  version: string
  /** Why what experiments measure cannot be kept; undefined while all is well. */
  experimentsProblem?: (() => string | undefined) | undefined
  /** Whether Redis answers; undefined when none is configured. */
  redisConnected: () => boolean | undefined
  /** Whether models come from a bucket. */
  hasBucket: boolean
  uptime: Uptime
  now: () => number
}

/** `GET /health`: 200 while predictions are made; what is away that they do not need makes it `degraded`. */
export const healthRoute: FastifyPluginAsyncTypebox<HealthDeps> = async (app, deps) => {
  app.get(
    '/health',
    {
      schema: {
        operationId: 'health',
        summary: 'Is the service up, and how do its parts stand',
        description: 'Answered with 200 while the service predicts, also when it is degraded.',
        response: { 200: InferenceHealthReplySchema, ...failures }
      }
    },
    async (_request, reply) => healthOf(deps, () => reply.elapsedTime)
  )
}

function healthOf(deps: HealthDeps, elapsedMs: () => number): InferenceHealthReply {
  const { models, dataModel, learner, uptime } = deps
  const learning = learnerHealth(learner, deps.durability)
  const all = models.models()
  const isServed = ({ name }: ModelStatus): boolean => models.isReady(name)
  const data = all.find(({ name }) => name === dataModel.name())
  const checks = checksOf(deps, { all, canLearn: learning.status === 'ok' })
  const seconds = uptime()
  return {
    ...learning,
    status: Object.values(checks).includes('degraded') ? 'degraded' : 'ok',
    // A server that only learns has no such model, and its learner is always there.
    model_loaded: data === undefined || isServed(data),
    models_loaded: all.filter(({ versions }) => versions.some(({ state }) => state === 'READY')).length,
    model_name: data?.name ?? learner.name,
    redis_connected: deps.redisConnected() ?? false,
    uptime: seconds,
    uptime_seconds: seconds,
    version: deps.version,
    timestamp: new Date(deps.now()).toISOString(),
    checks: { ...checks, response_time_ms: Math.round(elapsedMs() * 1000) / 1000 }
  }
}

function checksOf(
  { models, redisConnected, hasBucket, experimentsProblem }: HealthDeps,
  { all, canLearn }: { all: readonly ModelStatus[]; canLearn: boolean }
) {
  const problems = [...models.problems().keys()]
  const redis = redisConnected()
  return {
    model: health(all.every(isWell) && problems.every(isBucket)),
    s3: hasBucket ? health(!problems.some(isBucket)) : notConfigured,
    redis: redis === undefined ? notConfigured : health(redis),
    learner: health(canLearn),
    experiments: health(experimentsProblem?.() === undefined)
  }
}

/** Whether it answers, and by the newest files of each version. */
function isWell({ aliases, versions }: ModelStatus): boolean {
  return aliases.has('default') && versions.every(({ state, reason }) => state !== 'READY' || reason === '')
}

const notConfigured = 'not configured' as const

function health(isHealthy: boolean): 'healthy' | 'degraded' {
  return isHealthy ? 'healthy' : 'degraded'
}

function isBucket(location: string): boolean {
  return location.startsWith('s3://')
}

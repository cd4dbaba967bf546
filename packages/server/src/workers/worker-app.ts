import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { buildApp } from '../app.ts'
import type { App } from '../app-type.ts'
import type { Config } from '../config-schema.ts'
import { adRoutes } from '../documents/ad-routes.ts'
import { askModel } from '../documents/ask-model.ts'
import { batchRoute } from '../documents/batch-route.ts'
import { isObject, own } from '../documents/body-reader.ts'
import type { DataModel } from '../documents/data-model.ts'
import { predictRoute } from '../documents/predict-route.ts'
import { tellProcessTime } from '../documents/process-time.ts'
import type { DirectRoute, FindDirectRoute } from '../http/direct-routes.ts'
import { markPassedOn } from '../http/passed-on.ts'
import type { RequestTally } from '../http/request-tally.ts'
import type { Logger } from '../logger.ts'
import type { ServingTally } from '../metrics/model-tally.ts'
import { mlflowRoutes } from '../protocols/mlflow/mlflow-routes.ts'
import { probeRoutes } from '../protocols/probe-routes.ts'
import { kserveV1Routes } from '../protocols/v1/kserve-v1-routes.ts'
import { directInfer } from '../protocols/v2/direct-infer.ts'
import { inferenceProtocolRoutes } from '../protocols/v2/inference-protocol-routes.ts'
import { elsewhere, isForPrimary, type ModelReplica } from './model-replica.ts'
import { ownRequests } from './own-requests.ts'
import type { PassOn } from './pass-on.ts'

/** What {@link buildWorkerApp} is given. */
export interface WorkerAppDeps {
  config: Config
  logger: Logger
  replica: ModelReplica
  /** Where requests that are answered here are counted. */
  requests: RequestTally
  metrics: Pick<ServingTally, 'alsoPredicted' | 'wasSure'>
  primary: PassOn
  /** Whether all workers listen, and what there was at the start is loaded. */
  isReady: () => boolean
}

/** The inference service of a worker: answers what needs only its own models, and passes everything else on. */
export function buildWorkerApp(deps: WorkerAppDeps): App {
  const { config, replica, metrics, primary, isReady } = deps
  const { models } = replica
  const { inferBodyLimitBytes, featuresModel, unitHeader } = config
  const isOwn = ownRequests(models.isReady)
  const find = directOrPassedOn(directInfer({ models, log: deps.logger, unitHeader }), { isOwn, primary })
  const app = buildApp({
    ...deps,
    service: 'inference',
    // The primary tells of all processes.
    processMetrics: { text: async () => '' },
    direct: { find, bodyLimitBytes: inferBodyLimitBytes }
  })
  tellProcessTime(app)
  passOnQuestions(app, primary)
  const dataModel: DataModel = {
    name: () => replica.mirror.dataModel,
    ask: question => askModel(models, { ...question, model: replica.mirror.dataModel })
  }
  const learner = { predictAndKeep: () => Promise.reject(elsewhere('the learner')) }
  void app.register(predictRoute, { models, dataModel, featuresModel, learner, metrics, unitHeader })
  void app.register(batchRoute, { models, dataModel, metrics, unitHeader })
  void app.register(adRoutes, { models, unitHeader })
  void app.register(inferenceProtocolRoutes, { models, inferBodyLimitBytes, isReady, unitHeader })
  void app.register(kserveV1Routes, { models, inferBodyLimitBytes, unitHeader })
  const defaultModel = () => replica.mirror.invokedModel
  void app.register(mlflowRoutes, { models, inferBodyLimitBytes, defaultModel, unitHeader })
  void app.register(probeRoutes, { isReady })
  passOnRest(app, { isOwn, primary })
  return app
}

interface Division {
  isOwn: (request: IncomingMessage) => boolean
  primary: PassOn
}

/** A model may have ceased to be ours while the body came. */
function directOrPassedOn(find: FindDirectRoute, { isOwn, primary }: Division): FindDirectRoute {
  const handOver: DirectRoute['handOver'] = (body, request, response) => {
    if (isOwn(request)) return false
    primary.pass(request, response, body)
    return true
  }
  return (url, request) => {
    const route = find(url, request)
    return route && { ...route, handOver }
  }
}

/** Requests that a look at method and path shows to be the primary's go there as they come. */
function passOnRest({ server }: App, { isOwn, primary }: Division): void {
  const listeners = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[]
  server.removeAllListeners('request')
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isOwn(request)) for (const listener of listeners) listener(request, response)
    else primary.pass(request, response)
  })
}

const bodies = new WeakMap<IncomingMessage, Buffer[]>()

/** Questions that turn out not to be ours once they are read go to the primary with the body that was read. */
function passOnQuestions(app: App, primary: PassOn): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const pieces: Buffer[] = []
    bodies.set(request.raw, pieces)
    payload.on('data', (piece: Buffer) => pieces.push(piece))
    done(null, payload)
  })
  app.addHook('onRoute', route => {
    const { handler } = route
    route.handler = async function (request, reply) {
      try {
        if (namesVersions(request)) throw elsewhere('one of several versions')
        return await handler.call(this, request, reply)
      } catch (error) {
        if (!isForPrimary(error)) throw error
        reply.hijack()
        markPassedOn(request.raw)
        primary.pass(request.raw, reply.raw, Buffer.concat(bodies.get(request.raw) ?? []))
        return reply
      }
    }
  })
}

/** Whether some of a batch may be ours and others not: nothing of it may be asked here then, or it would count twice. */
function namesVersions({ routeOptions, body }: FastifyRequest): boolean {
  if (routeOptions.url !== '/predict/batch') return false
  const list = isObject(body) ? own(body, 'requests') : body
  return Array.isArray(list) && list.some(each => isObject(each) && (own(each, 'model_version') ?? null) !== null)
}

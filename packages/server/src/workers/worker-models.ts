import {
  type CacheCounts,
  createModelServer,
  createResponseCache,
  type ModelServer,
  type ServingEvents,
  type VersionStatistics
} from '@millrace/engine'
import { createRuntime, usableCores } from '@millrace/runtime'
import { connectRedis, memoryRegistryStore, redisAnswerStore } from '@millrace/store'
import type { Config } from '../config-schema.ts'
import type { Logger } from '../logger.ts'
import { type OpenThings, openThings } from '../open-things.ts'
import { redisAddress } from '../redis-address.ts'
import { cacheShare } from './cache-share.ts'
import { mirrorSource } from './mirror-source.ts'
import type { ModelMirror } from './model-mirror.ts'
import { ModelReplica } from './model-replica.ts'

/** The models of a worker. */
export interface WorkerModels {
  readonly replica: ModelReplica
  /** What was asked of versions here. */
  statistics(): readonly VersionStatistics[]
  /** What the cache of answers has done; undefined when there is none. */
  cache(): CacheCounts | undefined
  /** Answer what runs, then give everything back. */
  close(): Promise<void>
}

/** What {@link openWorkerModels} is given. */
export interface WorkerModelsOrder {
  config: Config
  mirror: ModelMirror
  events: ServingEvents
  logger: Logger
}

/** Load what the primary serves, from where the primary has the files. */
export async function openWorkerModels({ mirror, ...order }: WorkerModelsOrder): Promise<WorkerModels> {
  const { config, events, logger } = order
  const things = openThings()
  const source = mirrorSource()
  source.set(mirror.models)
  const cores = Math.max(1, Math.floor(usableCores() / config.workers))
  const runtime = await things.keep(createRuntime({ inlineLimitUs: config.inlineLimitUs, cores }))
  const cache = await openCache(things, config, logger)
  let replica: ModelReplica | undefined
  // What could not be loaded at first may be there later; names are settled once this event is over.
  const loaded = (): void => void setImmediate(() => replica?.compare())
  const models: ModelServer = await things.keep(
    createModelServer({
      sources: [source],
      runtime,
      registry: memoryRegistryStore(),
      cache,
      policy: { kind: 'all' },
      limits: limitsOf(config),
      cacheTtlMs: config.predictionCacheTtl * 1000,
      events: { ...events, loaded },
      log: logger.child({ service: 'inference' })
    })
  )
  const own = (replica = new ModelReplica({ models, source, mirror }))
  return { replica: own, statistics: () => models.statistics(), cache: () => cache?.counts(), close: things.close }
}

/** What may be in memory is the primary's to decide; the places in work are divided between the workers. */
function limitsOf({ workers, maxConcurrentRequests, queueLimit, requestTimeout }: Config) {
  return {
    maxModels: Infinity,
    memoryBytes: Infinity,
    maxConcurrent: Math.max(1, Math.floor(maxConcurrentRequests / workers)),
    queueLimit: Math.floor(queueLimit / workers),
    requestTimeoutMs: requestTimeout * 1000
  }
}

/** With Redis behind it, where answers of all processes are. */
async function openCache(things: OpenThings, config: Config, log: Logger) {
  const maxBytes = cacheShare(config)
  if (maxBytes === 0) return undefined
  const place = redisAddress(config)
  const shared = place && redisAnswerStore(await things.keep(connectRedis(place)))
  return createResponseCache({ maxBytes, shared, log })
}

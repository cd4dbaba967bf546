import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type CacheCounts,
  createModelServer,
  createResponseCache,
  type ModelServer,
  type ServedLearner,
  type ServingEvents,
  type Traffic
} from '@millrace/engine'
import { createRuntime } from '@millrace/runtime'
import { folderSource, givenSource, type ModelSource, redisAnswerStore, s3Source, watchRegistry } from '@millrace/store'
import type { Config } from './config-schema.ts'
import type { Logger } from './logger.ts'
import { openThings } from './open-things.ts'
import { removeLeftovers } from './model-leftovers.ts'
import type { Stores } from './stores.ts'
import { policyFault, readVersionPolicy } from './version-policy.ts'
import { cacheShare } from './workers/cache-share.ts'

/** The models that come with Millrace. */
const sampleModels = join(import.meta.dirname, '../../../models')

/** The models of a process. */
export interface OpenedModels {
  readonly models: ModelServer
  /** What the cache of answers has done; undefined when there is none. */
  readonly cache: (() => CacheCounts) | undefined
  close(): Promise<void>
}

/** What {@link openModels} is given. */
export interface ModelsOrder {
  config: Config
  stores: Pick<Stores, 'registry' | 'connection'>
  /** Learners that are models too, by name. */
  learners: ReadonlyMap<string, ServedLearner>
  events: ServingEvents
  /** Decides between versions for requests that name none. */
  traffic?: Traffic | undefined
  logger: Logger
}

/**
 * Open the models of the configured folder and bucket, and the learners of this process as models.
 * @throws {MillraceError} MILL_STORE_FAILED, or MILL_CONFIG_INVALID for a range of versions that is none, with nothing
 *   left open
 */
export async function openModels(order: ModelsOrder): Promise<OpenedModels> {
  const { config, stores, learners, events, traffic, logger } = order
  const things = openThings()
  const log = logger.child({ service: 'inference' })
  const frozenFolder = join(config.dataDir, 'models')
  const givenFolder = join(config.dataDir, 'given-models')
  try {
    // A source that is not there is a problem, which health and every reload would tell of.
    await mkdir(frozenFolder, { recursive: true })
    if (config.role !== 'reader') {
      await removeLeftovers({ frozenFolder, givenFolder }).catch((error: unknown) => {
        log.warn({ err: error }, 'what a process before this one left behind cannot be removed')
      })
    }
    const runtime = await things.keep(createRuntime({ inlineLimitUs: config.inlineLimitUs }))
    const { connection, registry } = stores
    const shared = connection && redisAnswerStore(connection)
    const maxBytes = cacheShare(config)
    const cache = maxBytes > 0 ? createResponseCache({ maxBytes, shared, log }) : undefined
    const models = await things.keep(
      createModelServer({
        sources: sourcesOf(config, frozenFolder, log),
        runtime,
        registry,
        learners,
        cache,
        policy: readVersionPolicy(config.versionPolicy),
        defaultVersion: config.defaultModelVersion,
        limits: limitsOf(config),
        cacheTtlMs: config.predictionCacheTtl * 1000,
        frozenFolder,
        openGiven: (model, files) => givenSource({ folder: givenFolder, model, files }),
        events,
        traffic,
        log
      }).catch((error: unknown) => {
        throw policyFault(error, config.versionPolicy)
      })
    )
    const unwatch = connection && heedOtherProcesses(connection, models, log)
    return {
      models,
      cache: cache && (() => cache.counts()),
      async close() {
        unwatch?.()
        await things.close()
      }
    }
  } catch (error) {
    await things.close()
    throw error
  }
}

function limitsOf({ maxModelsInMemory, modelsMemoryBytes, maxConcurrentRequests, queueLimit, requestTimeout }: Config) {
  return {
    maxModels: maxModelsInMemory,
    memoryBytes: modelsMemoryBytes,
    maxConcurrent: maxConcurrentRequests,
    queueLimit,
    requestTimeoutMs: requestTimeout * 1000
  }
}

/**
 * The folder, then the bucket if there is one, then what was frozen here. The sample models are there only where nobody
 * named models of their own: those must not be answered for by ours of the same name.
 */
function sourcesOf(config: Config, frozenFolder: string, log: Logger): ModelSource[] {
  const { s3Bucket, modelDir = s3Bucket === undefined ? sampleModels : undefined } = config
  const { modelKey, modelCacheTtl, dataDir, awsRegion, s3Endpoint } = config
  const bucket =
    s3Bucket === undefined
      ? []
      : [
          s3Source({
            bucket: s3Bucket,
            key: modelKey,
            cacheDir: join(dataDir, 'model-cache'),
            ttlMs: modelCacheTtl * 1000,
            region: awsRegion,
            endpoint: s3Endpoint,
            log
          })
        ]
  const folder = modelDir === undefined ? [] : [folderSource({ folder: modelDir, log })]
  return [...folder, ...bucket, folderSource({ folder: frozenFolder })]
}

/** Take over what other processes have decided: at once while Redis tells, and all of it when Redis is back. */
function heedOtherProcesses(
  connection: NonNullable<Stores['connection']>,
  models: ModelServer,
  log: Logger
): () => void {
  const refresh = (model?: string): void => {
    models.refresh(model).catch((error: unknown) => log.warn({ model, err: error }, 'aliases could not be read again'))
  }
  const unwatch = connection.watch({ connected: () => refresh() })
  const unsubscribe = watchRegistry(connection, ({ kind, name }) => {
    if (kind === 'model') refresh(name)
  })
  return () => {
    unwatch()
    unsubscribe()
  }
}

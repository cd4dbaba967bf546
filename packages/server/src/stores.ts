import {
  connectRedis,
  type CursorStore,
  type EmbeddedStore,
  fallbackPendingStore,
  fallbackRegistryStore,
  fallbackSeriesStore,
  openEmbeddedStore,
  type PendingLimits,
  type PendingStore,
  type RedisConnection,
  redisPendingStore,
  redisRegistryStore,
  type RedisStatus,
  type RegistryStore,
  type SeriesStore
} from '@millrace/store'
import type { Config } from './config-schema.ts'
import type { Logger } from './logger.ts'
import { openThings } from './open-things.ts'
import { redisAddress } from './redis-address.ts'

/** What is kept beside what the learners have learned. */
export interface Stores {
  readonly series: SeriesStore
  readonly cursors: CursorStore
  readonly pending: PendingStore
  readonly registry: RegistryStore
  /** How the series stand with Redis; undefined when none is configured or nobody keeps series. */
  readonly redis?: (() => RedisStatus) | undefined
  /** The Redis that is configured. */
  readonly connection?: RedisConnection | undefined
  close(): Promise<void>
}

/** What {@link openStores} is given. */
export interface StoresOrder {
  config: Config
  logger: Logger
  /** Whether series are kept in this process. */
  hasSeries: boolean
}

/**
 * Open the embedded store in the data folder, and Redis in front of it if one is configured. A Redis that is away is no
 * error.
 * @throws {MillraceError} MILL_STORE_FAILED, with nothing left open
 */
export async function openStores({ config, logger, hasSeries }: StoresOrder): Promise<Stores> {
  const things = openThings()
  const place = redisAddress(config)
  try {
    const [embedded, redis] = await things.together([
      things.keep(openEmbedded(config)),
      place === undefined ? undefined : things.keep(connectRedis(place))
    ])
    if (redis === undefined) return { ...embedded, close: things.close }
    const { series, cursors, pending, registry } = embedded
    const shared = {
      connection: redis,
      cursors,
      pending: fallbackPendingStore({
        redis,
        shared: redisPendingStore(redis, pendingLimits(config)),
        embedded: pending
      }),
      registry: fallbackRegistryStore({ shared: redisRegistryStore(redis), embedded: registry }),
      close: things.close
    }
    if (!hasSeries) {
      logRedis(redis, logger)
      return { ...shared, series }
    }
    const { idsRemembered } = config
    const log = logger.child({ service: 'features' })
    const inRedis = await things.keep(fallbackSeriesStore({ redis, embedded, log, idsRemembered }))
    return { ...shared, series: inRedis, redis: () => inRedis.status() }
  } catch (error) {
    await things.close()
    throw error
  }
}

/** Tells of a Redis that keeps no series; a store of series does that itself. */
function logRedis(redis: RedisConnection, logger: Logger): void {
  const { address } = redis
  const connected = (): void => logger.info({ address }, 'redis is connected')
  const lost = (error: unknown): void =>
    logger.warn({ address, err: error }, 'redis is away; predictions wait on disk for their labels')
  redis.watch({ connected, lost })
  if (redis.isConnected) connected()
  else lost(redis.lastError)
}

function openEmbedded(config: Config): Promise<EmbeddedStore> {
  const { dataDir, durability, idsRemembered } = config
  const { ttlMs: pendingTtlMs, limit: pendingLimit } = pendingLimits(config)
  return openEmbeddedStore({ folder: dataDir, durability, idsRemembered, pendingTtlMs, pendingLimit })
}

/** How long and how many predictions wait for their labels. */
function pendingLimits({ pendingTtl, pendingLimit }: Config): PendingLimits {
  return { ttlMs: Math.round(pendingTtl * 1000), limit: pendingLimit }
}

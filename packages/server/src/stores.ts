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
import type { ServiceName } from './service-names.ts'

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

/** What {@link beginStores} is given. */
export interface StoresOrder {
  config: Config
  logger: Logger
  names: readonly ServiceName[]
}

/**
 * Begin to open what services keep; undefined for those that keep nothing. The embedded store is opened by a thread of its
 * own, meanwhile this one can do something else. A failure is told to whoever waits, soon or late.
 */
export function beginStores({ config, logger, names }: StoresOrder): Promise<Stores> | undefined {
  if (names.every(name => name === 'coinbase')) return undefined
  const opening = openStores(config, logger, names.includes('features'))
  opening.catch(() => undefined)
  return opening
}

/**
 * Open the embedded store in the data folder, and Redis in front of it if one is configured. A Redis that is away is no
 * error.
 * @throws {MillraceError} MILL_STORE_FAILED, with nothing left open
 */
async function openStores(config: Config, logger: Logger, hasSeries: boolean): Promise<Stores> {
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

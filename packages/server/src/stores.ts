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
  /** How the series stand with Redis; undefined when none is configured. */
  readonly redis?: (() => RedisStatus) | undefined
  close(): Promise<void>
}

/**
 * Open the embedded store in the data folder, and Redis in front of it if one is configured. A Redis that is away is no
 * error.
 * @throws {MillraceError} MILL_STORE_FAILED, with nothing left open
 */
export async function openStores(config: Config, logger: Logger): Promise<Stores> {
  const things = openThings()
  const place = redisAddress(config)
  try {
    const [embedded, redis] = await things.together([
      things.keep(openEmbedded(config)),
      place === undefined ? undefined : things.keep(connectRedis(place))
    ])
    const { series, cursors, pending, registry } = embedded
    if (redis === undefined) return { series, cursors, pending, registry, close: things.close }
    const { idsRemembered } = config
    const log = logger.child({ service: 'features' })
    const shared = await things.keep(fallbackSeriesStore({ redis, embedded, log, idsRemembered }))
    return {
      series: shared,
      cursors,
      pending: fallbackPendingStore({
        redis,
        shared: redisPendingStore(redis, pendingLimits(config)),
        embedded: pending
      }),
      registry: fallbackRegistryStore({ shared: redisRegistryStore(redis), embedded: registry }),
      redis: () => shared.status(),
      close: things.close
    }
  } catch (error) {
    await things.close()
    throw error
  }
}

function openEmbedded(config: Config): Promise<EmbeddedStore> {
  const { dataDir, durability, idsRemembered } = config
  const { ttlMs: pendingTtlMs, limit: pendingLimit } = pendingLimits(config)
  return openEmbeddedStore({ folder: dataDir, durability, idsRemembered, pendingTtlMs, pendingLimit })
}

/** How long and how many predictions wait for their labels. */
export function pendingLimits({ pendingTtl, pendingLimit }: Config): PendingLimits {
  return { ttlMs: Math.round(pendingTtl * 1000), limit: pendingLimit }
}

import type { TestContext } from 'node:test'
import {
  type EmbeddedStore,
  type FallbackSeriesOptions,
  fallbackSeriesStore,
  type FallbackSeriesStore,
  openEmbeddedStore,
  type RedisConnection,
  type RedisOptions,
  type SeriesMirror
} from '../src/index.ts'
import { connectTo } from './redis-server.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** One process as far as its series go. */
export interface Node {
  redis: RedisConnection
  embedded: EmbeddedStore
  store: FallbackSeriesStore
  /** Each line with its level before it: `info REDIS CONNECTED: …`. */
  lines: string[]
  /** End it as a process ends that is told to. */
  stop(): Promise<void>
}

/** Start one on a folder: what an earlier one left there is found. It ends with the test. */
export async function startNode(
  context: TestContext,
  server: { port: number },
  { folder = temporaryFolder(context), redis: redisOptions = {}, brokenPuts = 0, ...options }: NodeOptions = {}
): Promise<Node> {
  const redis = await connectTo(context, server, redisOptions)
  const idsRemembered = options.idsRemembered ?? 1000
  const embedded = await openEmbeddedStore({
    folder,
    durability: 'os',
    idsRemembered,
    pendingTtlMs: 1000,
    pendingLimit: 10
  })
  const lines: string[] = []
  const log = {
    info: (_fields: object, message: string) => void lines.push(`info ${message}`),
    warn: (_fields: object, message: string) => void lines.push(`warn ${message}`),
    error: (_fields: object, message: string) => void lines.push(`error ${message}`)
  }
  const store = await fallbackSeriesStore({
    redis,
    embedded: breaking(embedded, brokenPuts),
    log,
    retryMs: 10,
    ...options,
    idsRemembered
  })
  async function stop(): Promise<void> {
    await store.close()
    await embedded.close()
    redis.close()
  }
  context.after(stop)
  return { redis, embedded, store, lines, stop }
}

/** How it is started; all optional. */
export interface NodeOptions extends Pick<FallbackSeriesOptions, 'idsRemembered' | 'acknowledgedBy'> {
  folder?: string
  /** How many of the first values the copy cannot take. */
  brokenPuts?: number
  redis?: RedisOptions
}

/** The store, except that its copy of series in Redis fails so many times at first. */
function breaking(embedded: EmbeddedStore, failures: number): EmbeddedStore {
  let left = failures
  const put: SeriesMirror['put'] = async push => {
    left -= 1
    if (left >= 0) throw new Error('disk full')
    return embedded.mirror.put(push)
  }
  return { ...embedded, mirror: { ...embedded.mirror, put } }
}

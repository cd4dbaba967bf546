import { setTimeout as delay } from 'node:timers/promises'
import { type MillraceError, positive } from '@millrace/common'
import { exponentialBackoff, type RetryDelay } from './backoff.ts'
import { fromRedis, isServerWide, redisLost } from './redis-errors.ts'
import { openLink, type RedisArguments, type RedisLink } from './redis-link.ts'
import { type RedisAddress, redisTarget } from './redis-target.ts'

/** Hears what becomes of a connection. */
export interface RedisWatcher {
  /** Redis answers and takes writes. */
  connected?(): void
  /** Redis is away, at the start or from now on. Told once until it is back. */
  lost?(error: MillraceError): void
  /** Redis is still away, for another reason than before. */
  stillLost?(error: MillraceError): void
}

/** How a Redis is reached. */
export interface RedisOptions extends RedisAddress {
  /** Milliseconds that opening a connection may take (default 2000). */
  connectTimeoutMs?: number
  /** Milliseconds after which a command without an answer ends the connection (default 1000). */
  commandTimeoutMs?: number
  /** Milliseconds between looks at a connection, idle or not (default 1000). */
  pingIntervalMs?: number
  /** Waits between attempts (default {@link exponentialBackoff}). */
  retryDelayMs?: RetryDelay
  /** Told from the first attempt on. */
  events?: RedisWatcher
}

/**
 * A Redis that may come and go. While it is away every command fails at once; in the background it is tried again and
 * again, for ever.
 */
export interface RedisConnection {
  /** `host:port`. */
  readonly address: string
  readonly isConnected: boolean
  /** Why it is away, or was away last. */
  readonly lastError: MillraceError | undefined
  /** When it was connected or lost, in milliseconds since 1970. */
  readonly since: number
  /** How often it was connected again after it had been lost. */
  readonly reconnects: number
  /**
   * Send a command; commands are carried out in the order of the calls.
   * @param asBuffers whether texts in the reply come as bytes
   * @throws {MillraceError} MILL_STORE_FAILED. Unless `details.reply` is there, Redis may have executed the command, or
   *   may do so later
   */
  send(args: RedisArguments, asBuffers?: boolean): Promise<unknown>
  /** Hear of changes; the returned function ends that. */
  watch(watcher: RedisWatcher): () => void
  /** Hear the messages of a channel whenever Redis is there; what is said while it is away is missed. */
  subscribe(channel: string, listener: (message: string) => void): () => void
  /** Give up on Redis for good; waiting commands fail. Closing again does nothing. */
  close(): void
}

/**
 * Connect to Redis 6.2 or later, in the background from then on. Resolves once the first attempt has succeeded or failed:
 * a Redis that is away, wants another password or is no Redis at all is no error here but a connection that is not
 * connected.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export async function connectRedis({
  connectTimeoutMs = 2000,
  commandTimeoutMs = 1000,
  pingIntervalMs = 1000,
  retryDelayMs = exponentialBackoff(),
  events = {},
  ...address
}: RedisOptions): Promise<RedisConnection> {
  const target = redisTarget(address)
  const times = {
    connectTimeoutMs: positive('connectTimeoutMs', connectTimeoutMs),
    commandTimeoutMs: positive('commandTimeoutMs', commandTimeoutMs),
    pingIntervalMs: positive('pingIntervalMs', pingIntervalMs)
  }
  const connection = new ReconnectingRedis(target.address, () => openLink(target, times), retryDelayMs)
  connection.watch(events)
  await connection.start()
  return connection
}

/** A connection younger than this when it is lost does not count as a success. */
const steadyAfterMs = 2000

class ReconnectingRedis implements RedisConnection {
  readonly address: string
  readonly #open: () => Promise<RedisLink>
  readonly #retryDelayMs: RetryDelay
  readonly #watchers = new Set<RedisWatcher>()
  readonly #subscriptions = new Set<{ channel: string; listener: (message: string) => void }>()
  readonly #closing = new AbortController()
  #link: RedisLink | undefined
  #lastError: MillraceError | undefined
  #since = Date.now()
  #connects = 0

  constructor(address: string, open: () => Promise<RedisLink>, retryDelayMs: RetryDelay) {
    this.address = address
    this.#open = open
    this.#retryDelayMs = retryDelayMs
  }

  get isConnected(): boolean {
    return this.#link !== undefined
  }

  get lastError(): MillraceError | undefined {
    return this.#lastError
  }

  get since(): number {
    return this.#since
  }

  get reconnects(): number {
    return Math.max(0, this.#connects - 1)
  }

  start(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    void this.#keepConnected(resolve)
    return promise
  }

  async send(args: RedisArguments, asBuffers?: boolean): Promise<unknown> {
    const link = this.#link
    if (link === undefined) throw this.#away()
    try {
      return await link.send(args, asBuffers)
    } catch (error) {
      // Nobody else can be served either, until a new connection has shown otherwise.
      if (isServerWide(error)) link.end(error as MillraceError)
      throw error
    }
  }

  watch(watcher: RedisWatcher): () => void {
    this.#watchers.add(watcher)
    return () => void this.#watchers.delete(watcher)
  }

  subscribe(channel: string, listener: (message: string) => void): () => void {
    const subscription = { channel, listener: (message: string) => void (isWanted() && listener(message)) }
    const isWanted = (): boolean => this.#subscriptions.has(subscription)
    this.#subscriptions.add(subscription)
    if (this.#link !== undefined) this.#listen(this.#link, subscription)
    return () => void this.#subscriptions.delete(subscription)
  }

  close(): void {
    this.#closing.abort()
    this.#link?.end(redisLost(this.address, 'is closed'))
    this.#link = undefined
  }

  /** One attempt after the other. @param settled called once it is known how the first one ended */
  async #keepConnected(settled: () => void): Promise<void> {
    let failures = 0
    while (!this.#isClosed()) {
      try {
        const link = await this.#open()
        if (this.#isClosed()) return link.end(redisLost(this.address, 'is closed'))
        this.#connected(link)
        settled()
        const openedAt = performance.now()
        const error = await link.ended
        if (performance.now() - openedAt >= steadyAfterMs) failures = 0
        this.#lost(error)
      } catch (error) {
        this.#lost(error)
        settled()
      }
      failures += 1
      await delay(this.#retryDelayMs(failures), undefined, { signal: this.#closing.signal }).catch(() => undefined)
    }
  }

  #connected(link: RedisLink): void {
    this.#link = link
    this.#since = Date.now()
    this.#connects += 1
    for (const subscription of this.#subscriptions) this.#listen(link, subscription)
    for (const watcher of this.#watchers) watcher.connected?.()
  }

  #lost(cause: unknown): void {
    const error = fromRedis(this.address, cause)
    const wasAway = this.#link === undefined && this.#lastError !== undefined
    const isKnown = wasAway && this.#lastError?.message === error.message
    this.#link = undefined
    this.#lastError = error
    if (this.#isClosed() || isKnown) return
    if (!wasAway) this.#since = Date.now()
    for (const watcher of this.#watchers) {
      if (wasAway) watcher.stillLost?.(error)
      else watcher.lost?.(error)
    }
  }

  #listen(link: RedisLink, { channel, listener }: { channel: string; listener: (message: string) => void }): void {
    link.subscribe(channel, listener).catch(error => link.end(fromRedis(this.address, error)))
  }

  #away(): MillraceError {
    const reason = this.#isClosed() ? 'is closed' : 'is away'
    return redisLost(this.address, this.#lastError ? `${reason}: ${this.#lastError.message}` : reason)
  }

  #isClosed(): boolean {
    return this.#closing.signal.aborted
  }
}

import { integerWithin, type MillraceError } from '@millrace/common'
import type { EmbeddedStore } from '../embedded-store.ts'
import type { SeriesMirror } from '../series-mirror.ts'
import type { PushedValue, SeriesPush, SeriesStore, SeriesSummary } from '../series-store.ts'
import { MirrorWriter } from './mirror-writer.ts'
import type { RedisConnection } from './redis-connection.ts'
import { type PushOutcome, type RedisSeries, redisSeries } from './redis-series.ts'
import { redisSeriesStore } from './redis-series-store.ts'
import { type LaneHouse, SeriesLane } from './series-lane.ts'
import { seriesLog, type SeriesLogger } from './series-log.ts'
import { newWriter, type Writer } from './series-writer.ts'

/** How the series stand with Redis. */
export interface RedisStatus {
  configured: true
  connected: boolean
  /** Where the next value goes; `sqlite` as long as any value waits for Redis. */
  storage: 'redis' | 'sqlite'
  /** How many acknowledged values are not yet in Redis. */
  unreconciled: number
  /** What Redis said last when it was lost or refused something. */
  lastError?: string
  /** When `connected` changed last, in milliseconds since 1970. */
  since: number
  /** Calls to Redis that failed. */
  errors: number
  /** Values that the embedded store took because Redis was away. */
  fallbackAdds: number
  /** Of these, how many are in Redis by now. */
  reconciled: number
  /** How often Redis came back. */
  reconnects: number
  /** How often a series was put back that Redis had lost. */
  restoredSeries: number
  /** Values in Redis that the embedded copy could not take. */
  copyErrors: number
}

/** Series in Redis that go on while it is away. */
export interface FallbackSeriesStore extends SeriesStore {
  status(): RedisStatus
  /** Resolves once the copy has all that was acknowledged. */
  flush(): Promise<void>
  /** Take no more pushes, finish those that wait, and bring the copy up to date. The connection stays open. */
  close(): Promise<void>
}

/** What {@link fallbackSeriesStore} is made of. */
export interface FallbackSeriesOptions {
  redis: RedisConnection
  /** Has the copy, and the pushes that wait for Redis. */
  embedded: Pick<EmbeddedStore, 'series' | 'mirror' | 'registry'>
  log: SeriesLogger
  /** Integer >= 1, how many observation ids are remembered for each series (default 100,000). */
  idsRemembered?: number
  /** When a value is acknowledged: once it is in Redis (default), or once it is in the copy too. */
  acknowledgedBy?: 'redis' | 'both'
  /** Milliseconds between attempts to bring in line what Redis refuses (default 2000). */
  retryMs?: number
  /** Milliseconds of a clock that never goes back (default `performance.now`). */
  now?: () => number
}

/** How many series are held in memory. */
const mostLanes = 10_000
/** How many series are compared with Redis in one go, and how many are brought in line side by side. */
const pageSize = 200

/**
 * Series in Redis, with a copy in the embedded store that goes on while Redis is away.
 *
 * - While Redis answers, a value is pushed there and acknowledged; the copy follows, at most 1000 values behind.
 * - When Redis is away, hangs or refuses, values go to the copy and into the outbox, and are acknowledged from there.
 * - When Redis is back, the outbox of a series is emptied into it in order before new values of the series go there.
 * - A value is in Redis exactly once, however often Redis and this process die, and whether or not a lost call was
 *   carried out: every push carries a number of this process, and Redis takes none twice.
 * - What Redis has lost (restarted with less, flushed, keys evicted) is put back from the copy before anything is pushed.
 * - Several processes may share a Redis: values of each are there once and in its order.
 *
 * A value survives the death of Redis, with or without its data, and that of this process. When both die at once and
 * Redis loses data, what is not on the disk of either is lost: at most the last 1000 values, usually those of the last
 * milliseconds; with `acknowledgedBy: 'both'` none.
 *
 * Two losses are made good only as far as the values tell: of what others pushed, when Redis evicts single keys of a
 * series; and of what a process pushed that has ended, when Redis loses it and others have pushed since.
 *
 * Resolves at once, whether or not Redis is there. A process needs an embedded store of its own. Redis Cluster is not
 * supported: the keys of a series lie in different slots.
 * @throws {MillraceError} MILL_OPTION_INVALID, or MILL_STORE_FAILED when the embedded store cannot be read
 */
export async function fallbackSeriesStore(options: FallbackSeriesOptions): Promise<FallbackSeriesStore> {
  integerWithin('idsRemembered', options.idsRemembered ?? 100_000, 1)
  const { mirror, registry } = options.embedded
  const store = new SeriesWithFallback(options, await newWriter(registry), await mirror.outboxSize())
  store.start()
  return store
}

class SeriesWithFallback implements FallbackSeriesStore {
  readonly #redis: RedisConnection
  readonly #mirror: SeriesMirror
  readonly #embedded: Pick<SeriesStore, 'read' | 'list'>
  readonly #inRedis: Pick<SeriesStore, 'read' | 'list'>
  readonly #series: RedisSeries
  readonly #log: ReturnType<typeof seriesLog>
  readonly #house: LaneHouse
  readonly #copy: MirrorWriter
  readonly #retryMs: number
  readonly #lanes = new Map<string, SeriesLane>()
  readonly #counters = { errors: 0, fallbackAdds: 0, reconciled: 0, restoredSeries: 0 }
  #unwatch = (): void => undefined
  #lastNumber = 0
  #unreconciled: number
  /** How often the outbox has changed. */
  #changes = 0
  #lastError: string | undefined
  #lastLogged: MillraceError | undefined
  #reconciling: Promise<void> | undefined
  /** Whether Redis came back while it was already compared. */
  #isAsked = false
  #retry: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(
    {
      redis,
      embedded: { mirror, series },
      log,
      idsRemembered = 100_000,
      acknowledgedBy = 'redis',
      retryMs = 2000,
      now = () => performance.now()
    }: FallbackSeriesOptions,
    writer: Writer,
    unreconciled: number
  ) {
    this.#redis = redis
    this.#mirror = mirror
    this.#embedded = series
    this.#inRedis = redisSeriesStore(redis, { idsRemembered })
    this.#series = redisSeries(redis, { writer: writer.writer, idsRemembered })
    this.#log = seriesLog(log, redis.address)
    this.#copy = new MirrorWriter(mirror, { isAwaited: acknowledgedBy === 'both', failed: this.#log.copyFailed })
    this.#retryMs = retryMs
    this.#unreconciled = unreconciled
    this.#house = {
      redis,
      series: this.#series,
      mirror,
      ...writer,
      idsRemembered,
      retryMs,
      now,
      mirrored: (push, outcome, count) => this.#mirrored(push, outcome, count),
      added: (push, storage) => this.#log.added(push, storage),
      waiting: change => this.#waiting(change),
      restored: (seriesId, values) => this.#restored(seriesId, values),
      failed: (error, seriesId) => this.#failed(error, seriesId)
    }
  }

  start(): void {
    this.#unwatch = this.#redis.watch({
      connected: () => {
        this.#log.connected()
        this.#reconcile()
      },
      lost: error => {
        this.#logFailure(error)
        this.#lost(error)
      },
      stillLost: error => {
        this.#lastError = error.message
        this.#logFailure(error)
      }
    })
    if (!this.#redis.isConnected) return this.#lost(this.#redis.lastError)
    this.#log.connected()
    this.#reconcile()
  }

  async push(push: SeriesPush): Promise<PushedValue> {
    integerWithin('keep', push.keep, 1)
    if (this.#isClosed) throw this.#log.closed()
    this.#lastNumber += 1
    return this.#lane(push.seriesId).push({ ...push, number: this.#lastNumber })
  }

  async read(seriesId: string): Promise<number[] | undefined> {
    const values = await this.#fromRedis(store => store.read(seriesId))
    return values ?? this.#embedded.read(seriesId)
  }

  async list(limit: number): Promise<SeriesSummary[]> {
    integerWithin('limit', limit, 1)
    return (await this.#fromRedis(store => store.list(limit))) ?? this.#embedded.list(limit)
  }

  status(): RedisStatus {
    const { isConnected, since, reconnects } = this.#redis
    return {
      configured: true,
      connected: isConnected,
      storage: isConnected && this.#unreconciled === 0 ? 'redis' : 'sqlite',
      unreconciled: this.#unreconciled,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
      since,
      reconnects,
      copyErrors: this.#copy.errors,
      ...this.#counters
    }
  }

  flush(): Promise<void> {
    return this.#copy.flush()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#unwatch()
    clearTimeout(this.#retry)
    await Promise.all([...this.#lanes.values()].map(lane => lane.stop()))
    await this.#reconciling
    await this.flush()
  }

  #lane(seriesId: string): SeriesLane {
    const known = this.#lanes.get(seriesId)
    if (known !== undefined) return known
    if (this.#lanes.size >= mostLanes) this.#forgetIdle()
    const lane = new SeriesLane(this.#house, seriesId)
    this.#lanes.set(seriesId, lane)
    return lane
  }

  /** Give up the oldest lanes that have nothing to do; what matters is in the mirror. */
  #forgetIdle(): void {
    for (const [seriesId, lane] of this.#lanes) {
      if (lane.isIdle) this.#lanes.delete(seriesId)
      if (this.#lanes.size < mostLanes * 0.9) return
    }
  }

  /** What Redis answers; undefined when the copy knows better, or has to. */
  async #fromRedis<Result>(
    ask: (store: Pick<SeriesStore, 'read' | 'list'>) => Promise<Result>
  ): Promise<Result | undefined> {
    if (!this.#redis.isConnected || this.#unreconciled > 0) return undefined
    try {
      return await ask(this.#inRedis)
    } catch (error) {
      this.#failed(error as MillraceError)
      return undefined
    }
  }

  #mirrored({ seriesId, value, keep, observationId }: SeriesPush, outcome: PushOutcome, count: number): Promise<void> {
    const { earlier, what } = outcome
    return this.#copy.put({ seriesId, value, keep, observationId, earlier, isRepeat: what === 'repeat', count })
  }

  #waiting(change: number): void {
    this.#unreconciled += change
    this.#changes += 1
    if (change < 0) this.#counters.reconciled -= change
    else {
      this.#counters.fallbackAdds += change
      // When Redis is away, its return will be heard of.
      if (this.#redis.isConnected) this.#tryLater()
    }
  }

  #restored(seriesId: string, values: number): void {
    this.#counters.restoredSeries += 1
    this.#log.restored(seriesId, values)
  }

  #failed(error: MillraceError, seriesId?: string): void {
    this.#counters.errors += 1
    this.#lastError = error.message
    // What fails while Redis is away says nothing new.
    if (this.#redis.isConnected) this.#logFailure(error, seriesId)
  }

  /** A connection that is lost fails many calls with one error. */
  #logFailure(error: MillraceError, seriesId?: string): void {
    if (error !== this.#lastLogged) this.#log.failed(error, seriesId)
    this.#lastLogged = error
  }

  #lost(error: MillraceError | undefined): void {
    this.#lastError = error?.message
    this.#log.unavailable(error)
  }

  #tryLater(): void {
    if (this.#isClosed || this.#retry !== undefined) return
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      if (this.#unreconciled > 0 && this.#redis.isConnected) this.#reconcile()
    }, this.#retryMs)
  }

  /** Bring all series in line with Redis, in the background. */
  #reconcile(): void {
    this.#isAsked = true
    this.#reconciling ??= this.#reconcileWhileAsked().finally(() => {
      this.#reconciling = undefined
      if (this.#unreconciled > 0 && this.#redis.isConnected) this.#tryLater()
    })
  }

  async #reconcileWhileAsked(): Promise<void> {
    while (this.#isAsked && !this.#isClosed) {
      this.#isAsked = false
      try {
        await this.#reconcileAll()
      } catch (error) {
        this.#failed(error as MillraceError)
      }
    }
  }

  async #reconcileAll(): Promise<void> {
    const before = { ...this.#counters }
    let after: string | undefined
    for (;;) {
      const page = await this.#mirror.page(pageSize, after)
      const counts = await this.#series.counts(page.map(({ seriesId }) => seriesId))
      if (this.#isClosed) return
      const behind = page.filter(({ count, waiting }, index) => waiting > 0 || (counts[index] ?? 0) < count)
      await Promise.all(behind.map(({ seriesId }) => this.#lane(seriesId).reconcile()))
      after = page.at(-1)?.seriesId
      if (page.length < pageSize || !this.#redis.isConnected) break
    }
    await this.#recount()
    const { reconciled, restoredSeries } = this.#counters
    this.#log.reconciled(reconciled - before.reconciled, restoredSeries - before.restoredSeries, this.#unreconciled)
  }

  /** Another process on the same files may have emptied the outbox. */
  async #recount(): Promise<void> {
    const changes = this.#changes
    const size = await this.#mirror.outboxSize()
    if (changes === this.#changes) this.#unreconciled = size
  }
}

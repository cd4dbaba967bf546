import type { MillraceError } from '@millrace/common'
import { idConflict } from '../id-conflict.ts'
import type { OutboxPush, SeriesMirror } from '../series-mirror.ts'
import type { PushedValue, SeriesPush } from '../series-store.ts'
import { fromOperationId, toOperationId } from './operation-id.ts'
import type { RedisConnection } from './redis-connection.ts'
import { isAboutKeys, redisLost } from './redis-errors.ts'
import { KnownSeries } from './known-series.ts'
import type { NumberedPush, PushedAll, PushOutcome, RedisSeries, SeriesState } from './redis-series.ts'
import { planRepair } from './series-repair.ts'
import type { Writer } from './series-writer.ts'

/** What all lanes share. */
export interface LaneHouse extends Writer {
  redis: Pick<RedisConnection, 'address' | 'isConnected'>
  series: RedisSeries
  mirror: SeriesMirror
  idsRemembered: number
  /** Milliseconds for which a series that Redis refuses is left to the embedded store. */
  retryMs: number
  /** Milliseconds of a clock that never goes back. */
  now: () => number
  /** Takes what a push left in Redis over to the mirror. Resolves when the push may be acknowledged. */
  mirrored: (push: SeriesPush, outcome: PushOutcome, count: number) => Promise<void>
  added: (push: SeriesPush, storage: 'redis' | 'sqlite') => void
  /** The outbox has grown, or shrunk. */
  waiting: (change: number) => void
  restored: (seriesId: string, values: number) => void
  failed: (error: MillraceError, seriesId: string) => void
}

/** A push whose caller waits. */
interface QueuedPush {
  push: NumberedPush
  resolve: (pushed: PushedValue) => void
  reject: (error: unknown) => void
}

/** How many pushes go to Redis in one call. */
const batchSize = 256
/** How often a series is repaired before a push, while others change it at the same moment. */
const longestRepair = 8

/**
 * All that happens to one series, one step after the other: pushes wait in a queue, go to Redis in batches, or, when
 * that fails, to the outbox, and as long as anything waits in the outbox nothing overtakes it.
 */
export class SeriesLane {
  readonly #house: LaneHouse
  readonly #seriesId: string
  readonly #queue: QueuedPush[] = []
  #work: Promise<void> | undefined
  /** Set while the series is to be brought in line with Redis though nobody pushes. */
  #asked: PromiseWithResolvers<void> | undefined
  #isStopping = false
  #refusedUntil = -Infinity
  /** Whether what follows is as the mirror and Redis have it. */
  #isLoaded = false
  #waiting = 0
  /** Rounds of emptying the outbox in which new pushes may still go there. */
  #roundsLeft = 0
  readonly #known: KnownSeries

  constructor(house: LaneHouse, seriesId: string) {
    this.#house = house
    this.#seriesId = seriesId
    this.#known = new KnownSeries(house)
  }

  get isIdle(): boolean {
    return this.#work === undefined
  }

  /** End soon: what waits is pushed or put into the outbox, and the outbox is left to a later process. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#answerAsked()
    await this.#work
  }

  push(push: NumberedPush): Promise<PushedValue> {
    const { promise, resolve, reject } = Promise.withResolvers<PushedValue>()
    this.#queue.push({ push, resolve, reject })
    this.#work ??= this.#run()
    return promise
  }

  /** Empty the outbox of this series and restore what Redis has lost of it; resolves when that is done or must wait. */
  async reconcile(): Promise<void> {
    if (this.#isStopping) return
    this.#asked ??= Promise.withResolvers()
    const { promise } = this.#asked
    if (this.#work === undefined) this.#isLoaded = false
    this.#work ??= this.#run()
    await promise
  }

  #answerAsked(): void {
    this.#asked?.resolve()
    this.#asked = undefined
  }

  async #run(): Promise<void> {
    // Callers of this turn of the event loop form one batch.
    await Promise.resolve()
    while (this.#hasWork()) {
      if (this.#canUseRedis()) await this.#useRedis()
      else await this.#goWithout()
    }
    this.#work = undefined
  }

  #hasWork(): boolean {
    const isDraining = this.#isLoaded && this.#waiting > 0 && this.#canUseRedis()
    return this.#queue.length > 0 || this.#asked !== undefined || isDraining
  }

  #canUseRedis(): boolean {
    const isHeldUp = this.#isStopping && this.#waiting > 0
    return this.#house.redis.isConnected && !isHeldUp && this.#house.now() >= this.#refusedUntil
  }

  /** One step with Redis; when it fails, the pushes that wait go to the outbox: Redis may have taken them. */
  async #useRedis(): Promise<void> {
    try {
      if (!this.#isLoaded) await this.#load()
      if (this.#waiting > 0) await this.#emptyOutbox()
      else if (this.#asked !== undefined) await this.#check()
      else await this.#pushQueued()
    } catch (error) {
      if (isAboutKeys(error)) this.#refusedUntil = this.#house.now() + this.#house.retryMs
      this.#house.failed(error as MillraceError, this.#seriesId)
      await this.#goWithout()
    }
  }

  async #goWithout(): Promise<void> {
    this.#answerAsked()
    this.#isLoaded = false
    await this.#putAway()
  }

  /** Push what waits to the copy and into the outbox. */
  async #putAway(): Promise<void> {
    const { mirror, writer } = this.#house
    await Promise.all(
      this.#queue.splice(0).map(async ({ push, resolve, reject }) => {
        const { number = 0, ...rest } = push
        const operationId = toOperationId({ writer, number, observationId: push.observationId })
        try {
          const pushed = await mirror.pushWhileAway({ ...rest, operationId })
          if (!pushed.isRepeat) {
            this.#waiting += 1
            this.#house.waiting(1)
            this.#house.added(push, 'sqlite')
          }
          resolve({ ...pushed, storage: 'sqlite' })
        } catch (error) {
          reject(error)
        }
      })
    )
  }

  async #load(): Promise<void> {
    const found = await this.#house.mirror.get(this.#seriesId)
    this.#isLoaded = true
    this.#waiting = found?.waiting ?? 0
    this.#roundsLeft = 2 + Math.ceil((2 * this.#waiting) / batchSize)
    if (found !== undefined) this.#known.load(found)
  }

  async #pushQueued(): Promise<void> {
    const batch = this.#queue.slice(0, batchSize)
    const pushed = await this.#pushAll(batch.map(({ push }) => push))
    this.#queue.splice(0, batch.length)
    let count = pushed.count - pushed.outcomes.filter(({ what }) => what === 'pushed').length
    for (const [index, queued] of batch.entries()) {
      const outcome = pushed.outcomes[index]!
      if (outcome.what === 'pushed') count += 1
      this.#answer(queued, outcome, count)
    }
  }

  #answer({ push, resolve, reject }: QueuedPush, outcome: PushOutcome, count: number): void {
    if (outcome.what === 'conflict') return reject(idConflict(this.#seriesId, push.observationId!))
    if (outcome.what === 'pushed') this.#house.added(push, 'redis')
    const pushed = { earlier: outcome.earlier, isRepeat: outcome.what === 'repeat', storage: 'redis' }
    this.#house.mirrored(push, outcome, count).then(() => resolve(pushed), reject)
  }

  /** Push to Redis, and put there first what it has lost. */
  async #pushAll(pushes: readonly NumberedPush[], writer = this.#house.writer): Promise<PushedAll> {
    for (let turn = 0; turn < longestRepair; turn++) {
      const pushed = await this.#pushToKnown(pushes, writer)
      if (pushed !== undefined) return pushed
      await this.#repair(await this.#house.series.state(this.#seriesId))
    }
    throw redisLost(this.#house.redis.address, `does not keep what is restored of series ${this.#seriesId}`)
  }

  /** @returns undefined when Redis lacks what is known */
  async #pushToKnown(pushes: readonly NumberedPush[], writer: string): Promise<PushedAll | undefined> {
    const options = { writer, expected: this.#known.expected(writer), floor: this.#known.floor }
    const pushed = await this.#house.series.pushAll(this.#seriesId, pushes, options)
    if (pushed !== undefined) this.#known.pushed(pushes, pushed, writer)
    return pushed
  }

  async #repair(state: SeriesState): Promise<void> {
    const { series, writer } = this.#house
    const { restored, again } = planRepair(state, this.#known)
    await this.#restoreIds(new Set(again.map(({ observationId }) => observationId)))
    if (!(await series.restore(this.#seriesId, state, restored))) return
    this.#known.restored(state, restored)
    if (again.length > 0 && (await this.#pushToKnown(again, writer)) === undefined) return
    this.#house.restored(this.#seriesId, restored.values?.length ?? again.length)
  }

  /** Tell Redis the remembered ids that it has lost. @param except those whose pushes are yet to be made again */
  async #restoreIds(except: Set<string | undefined>): Promise<void> {
    const { mirror, series, idsRemembered } = this.#house
    // Those of pushes that wait are the latest. With so many of them all that are remembered may be theirs.
    const isAllWaiting = this.#waiting >= idsRemembered
    const waiting = isAllWaiting || this.#waiting === 0 ? [] : await mirror.outbox(this.#waiting, this.#seriesId)
    for (const { operationId } of waiting) except.add(fromOperationId(operationId).observationId)
    if (isAllWaiting) return void (await series.restoreIds(this.#seriesId, []))
    for (const limit of [batchSize, idsRemembered]) {
      const ids = (await mirror.ids(this.#seriesId, limit)).filter(({ observationId }) => !except.has(observationId))
      for (const chunk of chunks(ids.toReversed())) {
        // Those before one that Redis has are there too.
        if ((await series.restoreIds(this.#seriesId, chunk)) === 0) return
      }
    }
  }

  async #emptyOutbox(): Promise<void> {
    const { mirror, series } = this.#house
    const entries = sameWriter(await mirror.outbox(batchSize, this.#seriesId))
    if (entries.length === 0) {
      // Another process on the same files was faster.
      this.#isLoaded = false
      return
    }
    const { writer } = fromOperationId(entries[0]!.operationId)
    const { outcomes } = await this.#pushAll(entries.map(toPush), writer)
    for (const [index, { operationId }] of entries.entries()) {
      if (outcomes[index]!.what !== 'conflict') continue
      this.#house.failed(idConflict(this.#seriesId, fromOperationId(operationId).observationId!), this.#seriesId)
    }
    const isLast = entries.length === this.#waiting
    const state = isLast ? await series.state(this.#seriesId) : undefined
    const redis = state?.count === undefined ? undefined : { values: state.values, count: state.count }
    await mirror.settle(entries.map(({ order }, index) => (index < entries.length - 1 ? { order } : { order, redis })))
    this.#waiting -= entries.length
    this.#house.waiting(-entries.length)
    if (redis !== undefined) this.#known.seen(redis)
    await this.#letPushesIn()
  }

  /**
   * While the outbox is long, new pushes go there rather than wait. Near its end they wait, so that it does end, and
   * at the latest after twice the rounds that were needed for what was in it at first.
   */
  async #letPushesIn(): Promise<void> {
    this.#roundsLeft -= 1
    if (this.#queue.length === 0 || this.#waiting <= batchSize || this.#roundsLeft <= 0) return
    // What is known of Redis stays as it is: the new pushes are behind those that wait.
    await this.#putAway()
  }

  async #check(): Promise<void> {
    const state = await this.#house.series.state(this.#seriesId)
    if (this.#known.isMissingIn(state)) await this.#repair(state)
    this.#answerAsked()
  }
}

/** The pushes at the front that one process made. */
function sameWriter(entries: readonly OutboxPush[]): OutboxPush[] {
  const writers = entries.map(({ operationId }) => fromOperationId(operationId).writer)
  const end = writers.findIndex(writer => writer !== writers[0])
  return entries.slice(0, end === -1 ? undefined : end)
}

function toPush({ seriesId, value, keep, operationId, earlier }: OutboxPush): NumberedPush {
  const { number, observationId } = fromOperationId(operationId)
  return { seriesId, value, keep, number, observationId, told: earlier }
}

/** In parts of one call; at least one, if an empty one. */
function chunks<Item>(items: readonly Item[]): Item[][] {
  const starts = Array.from(
    { length: Math.max(1, Math.ceil(items.length / batchSize)) },
    (_, index) => index * batchSize
  )
  return starts.map(start => items.slice(start, start + batchSize))
}

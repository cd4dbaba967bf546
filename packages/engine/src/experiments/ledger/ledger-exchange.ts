import { setImmediate as nextTurn } from 'node:timers/promises'
import { MillraceError } from '@millrace/common'
import type { LedgerStream, RedisConnection } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import type { LedgerCore } from './ledger-core.ts'
import type { StateLimits } from './ledger-state.ts'
import { holdsAll, mergeSteps } from './merge-states.ts'
import { PublishQueue } from './publish-queue.ts'
import { headsIn, imageOf, stateOf } from './state-image.ts'

/** Records are passed on this often. */
const publishMs = 20
/** How often is looked whether the shared store has all, and whether there is anything that was not heard of. */
const checkMs = 5000
/** How long records of other processes may be missing before this one puts them there. */
const patienceMs = 3000
const readTogether = 200

/** What is to be done: see that both have all, bring in what is new, pass on what waits. */
type Want = 'check' | 'read' | 'publish'

/** What an exchange works with. */
export interface LedgerExchangeOptions {
  readonly core: LedgerCore
  readonly stream: LedgerStream
  readonly redis: Pick<RedisConnection, 'isConnected' | 'watch'>
  readonly limits: StateLimits
  readonly log: LearnerLog
  /** Told of the bytes of what was brought in. */
  readonly grown: (bytes: number) => void
  /** Records in the stream after which an image takes their place (default 20,000). */
  readonly streamRecords?: number | undefined
}

/** How an exchange is. */
export interface ExchangeHealth {
  readonly isConnected: boolean
  /** Records and bytes that are not passed on yet. */
  readonly waitingRecords: number
  readonly waitingBytes: number
  /** Images that this process has put there. */
  readonly images: number
  readonly problem: unknown
}

/**
 * Passes what this process writes on to others by way of a shared store, and brings in what they write. While the store is
 * away nothing waits for it; when it comes back, or has lost what it had, what is missing is put there again.
 */
export class LedgerExchange {
  readonly #options: LedgerExchangeOptions
  readonly #queue: PublishQueue
  readonly #wanted: Record<Want, boolean> = { check: false, read: false, publish: false }
  readonly #stops: (() => void)[] = []
  #place = '0'
  #images = 0
  /** Since when records of other processes are missing in the store. */
  #missingSince: number | undefined
  #publishTimer: NodeJS.Timeout | undefined
  #checkTimer: NodeJS.Timeout | undefined
  #working: Promise<void> | undefined
  #problem: unknown
  #isClosed = false

  constructor(options: LedgerExchangeOptions) {
    this.#options = options
    const { core, redis, stream } = options
    this.#queue = new PublishQueue(core.state.heads.get(core.runLog.run) ?? 0)
    const hear = (number: number, record: Buffer): void => this.#committed(number, record)
    core.committed.add(hear)
    this.#stops.push(
      () => core.committed.delete(hear),
      redis.watch({ connected: () => this.#want('check') }),
      stream.watch(isImage => this.#want(isImage ? 'check' : 'read'))
    )
    this.#checkTimer = setInterval(() => this.#want('check'), checkMs).unref()
    this.#want('check')
  }

  get health(): ExchangeHealth {
    const { redis } = this.#options
    return {
      isConnected: redis.isConnected,
      waitingRecords: this.#queue.length,
      waitingBytes: this.#queue.bytes,
      images: this.#images,
      problem: this.#problem
    }
  }

  /** Pass on what waits, if the store is there, and bring in what is there. */
  async flush(): Promise<void> {
    this.#want('publish')
    this.#want('read')
    await this.#working
  }

  async close(): Promise<void> {
    await this.flush()
    this.#isClosed = true
    clearTimeout(this.#publishTimer)
    clearInterval(this.#checkTimer)
    for (const stop of this.#stops) stop()
    await this.#working
  }

  #committed(number: number, record: Buffer): void {
    this.#queue.add(number, record)
    this.#publishTimer ??= setTimeout(() => this.#want('publish'), publishMs).unref()
  }

  /** Do something as soon as nothing else is being done. */
  #want(what: Want): void {
    this.#wanted[what] = true
    this.#start()
  }

  #start(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
      // Something may have been wanted after the last look.
      if (this.#canWork && this.#problem === undefined) this.#start()
    })
  }

  get #canWork(): boolean {
    const { check, read, publish } = this.#wanted
    return !this.#isClosed && this.#options.redis.isConnected && (check || read || publish)
  }

  async #work(): Promise<void> {
    const wanted = this.#wanted
    while (this.#canWork) {
      try {
        if (wanted.check) await this.#check()
        else if (wanted.publish) await this.#publish()
        else await this.#read()
        this.#problem = undefined
      } catch (error) {
        // When Redis is back it is looked at anew; else at the next check.
        if (this.#problem === undefined && !this.#isClosed) {
          this.#options.log.warn({ err: error }, 'what is known of experiments cannot be exchanged; tried again')
        }
        this.#problem = error
        return
      }
    }
  }

  /** Pass on what waits. */
  async #publish(): Promise<void> {
    this.#wanted.publish = false
    clearTimeout(this.#publishTimer)
    this.#publishTimer = undefined
    const { stream, core, streamRecords = 20_000 } = this.#options
    const { previous, records } = this.#queue.next()
    if (records.length === 0) return
    const { isGap, head, length } = await stream.append(core.runLog.run, previous, records)
    if (isGap) return void (this.#wanted.check = true)
    this.#queue.done(head)
    if (length > streamRecords) await this.#shareImage()
    if (this.#queue.length > 0) this.#wanted.publish = true
  }

  /** Bring in what is new in the stream. */
  async #read(): Promise<void> {
    this.#wanted.read = false
    for (;;) {
      const records = await this.#options.stream.read(this.#place, readTogether)
      let bytes = 0
      for (const record of records) {
        if (!this.#fold(record)) return void (this.#wanted.check = true)
        this.#place = record.place
        bytes += record.payload.length
      }
      this.#options.grown(bytes)
      if (records.length < readTogether) return
    }
  }

  /** @returns false when records before this one are missing here */
  #fold({
    run,
    previous,
    number,
    payload
  }: {
    run: string
    previous: number
    number: number
    payload: Uint8Array
  }): boolean {
    const { core, log } = this.#options
    const known = core.state.heads.get(run) ?? 0
    if (number <= known) return true
    if (previous > known) return false
    try {
      core.fold(payload)
    } catch (error) {
      if (!(error instanceof MillraceError && error.code === 'MILL_JOURNAL_DAMAGED')) throw error
      log.warn({ err: error, run, number }, 'a record of another process is damaged and passed over')
      core.state.heads.set(run, number)
    }
    return true
  }

  /** See that both know the same: here what the store has, and there what is known here. */
  async #check(): Promise<void> {
    this.#wanted.check = false
    const { stream, core } = this.#options
    const heads = await stream.heads()
    await this.#readQuietly()
    if (!holdsAll(core.state, heads)) await this.#takeImage()
    if (!holdsAll(core.state, heads)) {
      // A store that was set back may have new records at places that were passed.
      this.#place = '0'
      await this.#readQuietly()
    }
    if (this.#isMissing(heads)) await this.#shareImage()
    this.#wanted.read = true
    this.#wanted.publish ||= this.#queue.length > 0
  }

  /** A gap in what is read is what the check is there to close. */
  async #readQuietly(): Promise<void> {
    await this.#read()
    this.#wanted.check = false
  }

  /** Whether anything that is known here is neither in the store nor about to be put there by whoever wrote it. */
  #isMissing(heads: ReadonlyMap<string, number>): boolean {
    const { state, runLog } = this.#options.core
    const own = heads.get(runLog.run) ?? 0
    if (own < this.#queue.next().previous) return true
    const others = [...state.heads].filter(([run]) => run !== runLog.run)
    if (others.every(([run, number]) => number <= (heads.get(run) ?? 0))) {
      this.#missingSince = undefined
      return false
    }
    // Those that write them may only be a moment behind.
    this.#missingSince ??= performance.now()
    const isOver = heads.size === 0 || performance.now() - this.#missingSince >= patienceMs
    if (!isOver) setTimeout(() => this.#want('check'), patienceMs).unref()
    return isOver
  }

  /** Bring in the image that is there. */
  async #takeImage(): Promise<number> {
    const { stream, core, limits, grown } = this.#options
    const image = await stream.image()
    if (image === undefined) return 0
    if (!holdsAll(core.state, headsIn(image.bytes))) {
      for (const _ of mergeSteps(core.state, stateOf(image.bytes, limits))) await nextTurn()
      core.joinRequests()
      core.changed()
      grown(image.bytes.length)
    }
    return image.revision
  }

  /** Put an image there that holds what is there and what is known here. */
  async #shareImage(): Promise<void> {
    const { stream, core } = this.#options
    const expected = await this.#takeImage()
    const upTo = this.#place
    const heads = new Map(core.state.heads)
    const pieces: Buffer[] = []
    for (const piece of imageOf(core.state)) {
      pieces.push(piece)
      await nextTurn()
    }
    this.#missingSince = undefined
    if (await stream.putImage({ expected, pieces, heads, upTo })) this.#images++
    this.#wanted.check = true
  }
}

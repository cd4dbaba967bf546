import { MillraceError } from '@millrace/common'
import type { ModelMetadata, VersionFiles } from '@millrace/store'
import { InMemory, type Loaded } from './in-memory.ts'
import type { Opened, Origin, VersionOpener } from './open-version.ts'
import { notReady, reasonOf, unknownVersion } from './serving-errors.ts'
import { type VersionKey, versionKey } from './version-order.ts'
import { VersionTally } from './version-tally.ts'

const firstRetryMs = 1000
const longestRetryMs = 300_000

/** Why a version could not be loaded. */
export interface LoadFailure {
  readonly error: unknown
  readonly reason: string
  /** Of the files that could not be loaded. */
  readonly stamp: string
  /** `performance.now()` from when on it may be tried again; Infinity while the files are as they are. */
  readonly retryAt: number
  readonly attempts: number
}

/** Told what becomes of the versions in memory. */
export interface SlotHost {
  readonly opener: VersionOpener
  /** `performance.now()`, or a clock of a test. */
  readonly monotonicNow: () => number
  /** A version came to memory; `before` was there until now. */
  loaded(slot: VersionSlot, version: InMemory, before: InMemory | undefined): void
  loadFailed(slot: VersionSlot, failure: LoadFailure): void
  /** A version is asked no more. */
  retired(slot: VersionSlot, version: InMemory): void
  /** No request needs a version that is in memory any more. Called often. */
  unused(): void
}

/** One version of a model: where it comes from, what is in memory of it, and what was asked of it. */
export class VersionSlot {
  readonly model: string
  readonly version: string
  /** What it is ordered by. */
  readonly key: VersionKey
  readonly tally = new VersionTally()
  /** What requests are answered by; undefined while it is not in memory. Changed in one assignment. */
  current: InMemory | undefined
  /** Where it can be loaded from; undefined for a learner that is live, and when no source has it any more. */
  origin: Origin | undefined
  /** Whether it may be the default: it was loaded once, or is left to be loaded when it is asked for. */
  isOffered = false
  /** Whether policy or an alias wants it served. */
  isWanted = true
  /** `performance.now()` of the last request. */
  lastUsedAt = 0
  /** Requests that wait until it is loaded. */
  waiting = 0
  /** Versions that are asked no more, and not closed yet. */
  readonly leaving = new Set<InMemory>()
  readonly #host: SlotHost
  #failure: LoadFailure | undefined
  #metadata: ModelMetadata | undefined
  #loading: { readonly stamp: string | undefined; readonly version: Promise<InMemory> } | undefined

  constructor(names: { model: string; version: string }, host: SlotHost) {
    this.model = names.model
    this.version = names.version
    this.key = versionKey(names.version)
    this.#host = host
  }

  get isLoading(): boolean {
    return this.#loading !== undefined
  }

  /** Whether what is in memory was made of other files or settings than there are now. */
  get isOutdated(): boolean {
    return this.current !== undefined && this.origin !== undefined && this.current.stamp !== this.origin.stamp
  }

  /** Why the files that are there now cannot be loaded; undefined when nobody tried. */
  get failure(): LoadFailure | undefined {
    return this.origin !== undefined && this.#failure?.stamp === this.origin.stamp ? this.#failure : undefined
  }

  /** Whether its files are whole and not known to fail. */
  get canWork(): boolean {
    return this.origin?.sourced.state === 'whole' && (this.failure?.retryAt ?? 0) < Infinity
  }

  /** Whether a load may be tried now: files that can work, and not too soon after a failure that may pass. */
  get mayLoad(): boolean {
    return this.canWork && (this.failure?.retryAt ?? 0) <= this.#host.monotonicNow()
  }

  /** Whether something is to be done about it: a load that may be tried, or memory that nobody wants used. */
  get isPending(): boolean {
    if (!this.isWanted) return this.current !== undefined
    return (!this.isOffered || this.isOutdated) && this.mayLoad
  }

  /** Whether requests that name it are answered, if need be after a load. */
  get isServed(): boolean {
    return this.isWanted && this.isOffered && (this.current !== undefined || this.canWork)
  }

  /** What its files say of it; undefined until they were read. */
  get metadata(): ModelMetadata | undefined {
    return this.current?.served.metadata ?? this.#metadata
  }

  /** It is there, and not loaded before it is asked for. */
  offer(): void {
    this.isOffered = true
  }

  /** Its files are known to be of no use. Told once for the same files. */
  refuse(reason: string): void {
    if (this.failure !== undefined || this.origin === undefined) return
    this.#fail(new MillraceError('MILL_MODEL_INVALID', reason), this.origin.stamp)
  }

  /** Let a load that failed be tried again at once. */
  forgetFailure(): void {
    this.#failure = undefined
  }

  /** Keep what is in memory there while `work` is under way. */
  async hold<Result>(work: () => Promise<Result>): Promise<Result> {
    this.waiting++
    try {
      return await work()
    } finally {
      this.waiting--
    }
  }

  /** A version that is in memory from the beginning and stays: a learner. */
  settle(opened: Opened): void {
    this.current = new InMemory(opened, undefined, { tally: this.tally, host: this.#host })
    this.isOffered = true
  }

  /**
   * Load what the source has now, and let it take the place of what is in memory; one load for all who ask at the same
   * time. Content that is in memory already is not loaded again.
   * @throws {MillraceError} what is in memory stays as it was
   */
  load(): Promise<InMemory> {
    const stamp = this.origin?.stamp
    if (this.#loading !== undefined && this.#loading.stamp === stamp) return this.#loading.version
    const version = this.#loadAfter(this.#loading?.version)
    const loading = { stamp, version }
    const over = (): void => {
      if (this.#loading === loading) this.#loading = undefined
    }
    this.#loading = loading
    version.then(over, over)
    return version
  }

  /** Give the memory back once the requests that need it are answered. */
  evict(): void {
    const { current } = this
    if (current === undefined) return
    this.current = undefined
    this.#retire(current)
  }

  /** Nobody wants it any more: what is in memory goes, and so does what is being loaded. */
  giveUp(): void {
    this.isWanted = false
    this.evict()
  }

  /** A load of files that have changed since it began is not enough. */
  async #loadAfter(before: Promise<InMemory> | undefined): Promise<InMemory> {
    if (before !== undefined) await before.catch(() => undefined)
    return this.#load()
  }

  async #load(): Promise<InMemory> {
    const { origin } = this
    if (origin === undefined) throw unknownVersion(this.model, this.version, 'is in no source')
    let files: VersionFiles
    let opened: Opened | undefined
    try {
      files = await this.#host.opener.fetch(this.model, origin)
      this.#metadata = files.metadata
      if (!this.hasContent(files.digest, origin)) opened = await this.#host.opener.open(this, origin, files)
    } catch (error) {
      this.#fail(error, origin.stamp)
      throw error
    }
    if (opened === undefined) return this.keep({ origin, files })
    return this.#isSuperseded(origin) ? this.#drop(opened) : this.put(opened, { origin, files })
  }

  /** Whether what is in memory has this content, and is run as the origin says. */
  hasContent(digest: string, origin: Origin): boolean {
    return this.current?.served.digest === digest && this.current.settings === origin.settings
  }

  /** What is in memory is what there is: other files, and the same content. */
  keep({ origin, files }: Loaded): InMemory {
    const current = this.current!
    current.stamp = origin.stamp
    current.files = files
    this.#failure = undefined
    return current
  }

  /** Let what was brought to memory take the place of what is there. */
  put(opened: Opened, from: Loaded): InMemory {
    const before = this.current
    const loaded = new InMemory(opened, from, { tally: this.tally, host: this.#host })
    this.#metadata = from.files.metadata
    this.#failure = undefined
    if (!this.isWanted) {
      this.#retire(loaded)
      throw notReady(this, 'it was unloaded while it was loading')
    }
    this.current = loaded
    this.isOffered = true
    if (before !== undefined) this.#retire(before)
    this.#host.loaded(this, loaded, before)
    return loaded
  }

  /** Whether something newer came to memory while this was loading. */
  #isSuperseded({ stamp }: Origin): boolean {
    return this.origin !== undefined && this.origin.stamp !== stamp && this.current?.stamp === this.origin.stamp
  }

  #drop({ close }: Opened): InMemory {
    void close()
    return this.current!
  }

  #retire(version: InMemory): void {
    this.leaving.add(version)
    void version.gone.then(() => this.leaving.delete(version))
    version.retire()
    this.#host.retired(this, version)
  }

  #fail(error: unknown, stamp: string): void {
    const attempts = this.#failure?.stamp === stamp ? this.#failure.attempts + 1 : 1
    const mayPass = !(error instanceof MillraceError) || error.code !== 'MILL_MODEL_INVALID'
    const delayMs = mayPass ? Math.min(longestRetryMs, firstRetryMs * 2 ** (attempts - 1)) : Infinity
    const retryAt = this.#host.monotonicNow() + delayMs
    this.#failure = { error, reason: reasonOf(error), stamp, retryAt, attempts }
    // What cannot work is no default. What may work later stays what it was.
    if (!mayPass && this.current === undefined) this.isOffered = false
    this.#host.loadFailed(this, this.#failure)
  }
}

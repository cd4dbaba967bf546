import { MillraceError } from '@millrace/common'
import type { ModelSource } from '@millrace/store'
import type { LearnerLog } from '../learning/learner-log.ts'
import type { After } from '../learning/timers.ts'
import type { InMemory } from './in-memory.ts'
import type { KeptRecord } from './model-records.ts'
import type { LoadReport, ServingEvents } from './model-server.ts'
import { ModelTable } from './model-table.ts'
import type { VersionOpener } from './open-version.ts'
import { reconcile, type ReconcileScope } from './reconciler.ts'
import { Residency, type ResidencyLimits } from './residency.ts'
import type { ModelDefaults } from './served-model.ts'
import type { ServedVersion } from './served-version.ts'
import { SharedRuns } from './shared-runs.ts'
import { SourceListings } from './source-listings.ts'
import type { LoadFailure, SlotHost, VersionSlot } from './version-slot.ts'

/** Milliseconds until a source that could not be read is looked at again. */
const sourceRetryMs = 5000

/** What {@link Upkeep} is given. */
export interface UpkeepDeps {
  readonly sources: readonly ModelSource[]
  readonly opener: VersionOpener
  readonly lives: readonly ServedVersion[]
  readonly kept: ReadonlyMap<string, KeptRecord>
  readonly defaults: ModelDefaults
  readonly limits: ResidencyLimits
  readonly events: ServingEvents
  readonly log: LearnerLog
  readonly monotonicNow: () => number
  readonly after: After
  /** What the sources have was taken over. */
  readonly looked: () => void
}

/** Why to look at the sources. */
interface Wish {
  /** All models unless given. */
  readonly model?: string | undefined
  /** Try again what failed, and load what is not in memory. */
  readonly isLoad?: boolean
  readonly isStart?: boolean
  /** Whether what a source saw a moment ago will not do. */
  readonly isFresh?: boolean
}

/** Keeps what is served in line with the sources: looks when asked to, when a source tells of a change, and after failures. */
export class Upkeep implements SlotHost {
  readonly table: ModelTable
  readonly opener: VersionOpener
  readonly monotonicNow: () => number
  readonly residency: Residency
  readonly listings: SourceListings
  readonly #deps: UpkeepDeps
  readonly #runs: SharedRuns<Wish, LoadReport>
  /** All that is in memory, or on its way out. */
  readonly #inMemory = new Set<InMemory>()
  /** What was wrong after the last look. */
  #told: ReadonlyMap<string, string> = new Map()
  #endWatches: readonly (() => void)[] = []
  #cancelRetry: () => void = () => undefined
  #isClosed = false

  constructor(deps: UpkeepDeps) {
    const { defaults, lives, kept, limits, sources, opener, monotonicNow } = deps
    this.#deps = deps
    this.opener = opener
    this.monotonicNow = monotonicNow
    this.table = new ModelTable({ defaults, host: this, lives, kept })
    this.residency = new Residency(limits, slot => this.table.models.get(slot.model)?.isPinned(slot.version) === true)
    this.listings = new SourceListings(sources)
    this.#runs = new SharedRuns(wishes => this.#run(wishes))
  }

  /** Load what there is, and hear of changes from now on. */
  async open(): Promise<void> {
    await this.look({ isStart: true })
    this.#endWatches = this.#deps.sources.map(source => source.watch(() => this.#lookUnasked()))
  }

  /** Look at the sources, and resolve when what they have is served. Looks that are asked for at the same time are one. */
  look(wish: Wish): Promise<LoadReport> {
    return this.#isClosed ? Promise.resolve({ loaded: [], unloaded: [], failed: [] }) : this.#runs.ask(wish)
  }

  /** Do something about the models while nothing else is done about them. @throws {MillraceError} MILL_MODEL_NOT_READY at the end */
  alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#runs.alone(() => {
      if (this.#isClosed) throw new MillraceError('MILL_MODEL_NOT_READY', 'the server ends')
      return work()
    })
  }

  /** Why sources cannot be read, and what in them cannot be used, by location. */
  problems(): ReadonlyMap<string, string> {
    const problems = this.listings.problems()
    for (const { name, problem } of this.table.models.values()) if (problem !== undefined) problems.set(name, problem)
    return problems
  }

  /** What is in memory goes, once no request needs it. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelRetry()
    for (const end of this.#endWatches) end()
    await this.#runs.idle()
    for (const { slots } of this.table.models.values()) for (const slot of slots.values()) slot.giveUp()
    await Promise.all([...this.#inMemory].map(version => version.gone))
    await Promise.all(this.#deps.sources.map(source => source.close()))
  }

  loaded(slot: VersionSlot, version: InMemory): void {
    this.#inMemory.add(version)
    this.residency.add(slot)
    this.table.models.get(slot.model)?.settle()
    this.residency.makeRoom()
    const { model, version: name } = slot
    const { loadMs, memoryBytes } = version.served
    this.#deps.log.info({ model, version: name, ms: Math.round(loadMs), bytes: memoryBytes }, `Loaded ${model} model`)
    this.#deps.events.loaded?.(version.served)
  }

  loadFailed({ model, version }: VersionSlot, { error }: LoadFailure): void {
    this.#deps.log.warn({ model, version, err: error }, `Failed to load ${model} model`)
    this.#deps.events.loadFailed?.({ model, version, error })
  }

  retired(slot: VersionSlot, version: InMemory): void {
    if (slot.current === undefined) this.residency.delete(slot)
    void this.#left(version)
  }

  unused(): void {
    if (this.residency.isCrowded) this.residency.makeRoom()
  }

  async #left(version: InMemory): Promise<void> {
    await version.gone
    this.#inMemory.delete(version)
    this.#deps.events.unloaded?.(version.served)
  }

  async #run(wishes: readonly Wish[]): Promise<LoadReport> {
    this.#cancelRetry()
    const found = await this.listings.read(wishes.some(({ isFresh }) => isFresh === true))
    const { table, residency, monotonicNow } = this
    const report = await reconcile(found, scopeOf(wishes), { table, residency, monotonicNow })
    this.#retryLater()
    this.#tellProblems()
    this.#deps.looked()
    return report
  }

  /** What is wrong with models is told when it begins or changes; why a source cannot be read the source itself tells. */
  #tellProblems(): void {
    const { sources, log } = this.#deps
    const problems = this.problems()
    for (const [where, problem] of problems) {
      if (this.#told.get(where) === problem || sources.some(({ location }) => location === where)) continue
      log.warn({ where, problem }, 'a model is not served as it is configured')
    }
    this.#told = problems
  }

  #lookUnasked(): void {
    this.look({}).catch((error: unknown) => {
      this.#deps.log.warn({ err: error }, 'changes of the models could not be taken over')
    })
  }

  /** Loads that failed for a reason that may pass are tried again, and so are sources. */
  #retryLater(): void {
    if (this.#isClosed) return
    const slots = [...this.table.models.values()].flatMap(({ order }) => order)
    const waiting = slots.filter(slot => slot.isWanted && slot.canWork && (!slot.isOffered || slot.isOutdated))
    const earliest = waiting.reduce((least, { failure }) => Math.min(least, failure?.retryAt ?? Infinity), Infinity)
    const loadMs = Math.max(1, Math.ceil(earliest - this.monotonicNow()))
    const delayMs = Math.min(loadMs, this.listings.hasFailed ? sourceRetryMs : Infinity)
    if (delayMs < Infinity) this.#cancelRetry = this.#deps.after(delayMs, () => this.#lookUnasked())
  }
}

function scopeOf(wishes: readonly Wish[]): ReconcileScope {
  const named = wishes.flatMap(({ model }) => model ?? [])
  const loaded = wishes.flatMap(({ model, isLoad }) => (isLoad === true && model !== undefined ? [model] : []))
  return {
    models: named.length < wishes.length ? undefined : new Set(named),
    loaded: new Set(loaded),
    isStart: wishes.some(({ isStart }) => isStart === true)
  }
}

import { MillraceError } from '@millrace/common'
import type { RegistryStore } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import { type After, after as systemTimer } from '../../learning/timers.ts'
import { Exclusive } from '../../serving/exclusive.ts'
import type { InferReply, InferRequest, ModelServer } from '../../serving/model-server.ts'
import { notReady } from '../../serving/serving-errors.ts'
import { busyLoop } from './busy-loop.ts'
import { ShadowCopier } from './shadow-copier.ts'
import { readShadowDraft } from './shadow-draft.ts'
import { type ShadowRecord, type ShadowRecords, shadowRecords } from './shadow-records.ts'
import { addCounts, noCounts, reportOf, type ShadowCounts } from './shadow-tally.ts'
import type { ShadowReport, Shadows } from './shadow.ts'

/** What {@link openShadows} is given. */
export interface ShadowDeps {
  readonly registry: RegistryStore
  readonly log: LearnerLog
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined
  readonly after?: After | undefined
  readonly random?: (() => number) | undefined
  /** Whether the server has no time for copies at present; by the event loop unless given. */
  readonly isBusy?: (() => boolean) | undefined
}

/** Shadows, and what those who keep them need. */
export interface OpenShadows extends Shadows {
  /** A request was answered. Costs a comparison while there is no shadow. Never throws, never waits. */
  readonly tap: (reply: InferReply, request: InferRequest) => void
  /** Copy requests from now on. */
  attach(models: ModelServer): void
  /** Take over what other processes changed; what they counted is read now and then. May be called often. */
  refresh(): Promise<void>
  close(): Promise<void>
}

/** Milliseconds between two times that counts are kept. */
const keepEveryMs = 10_000

/**
 * Shadows of a registry: they go on in every process that opens it, each copying what it answers, also after a restart.
 * Mirroring before shifting is what Flagger and Istio do with traffic; here the answers are compared as well.
 * @see https://docs.flagger.app/tutorials/istio-progressive-delivery#traffic-mirroring
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export async function openShadows(deps: ShadowDeps): Promise<OpenShadows> {
  const keeper = new ShadowKeeper(deps)
  await keeper.refresh()
  return {
    tap: keeper.tap,
    attach: models => keeper.attach(models),
    refresh: () => keeper.refresh(),
    close: () => keeper.close(),
    list: () => keeper.list(),
    get: id => keeper.get(id),
    start: draft => keeper.start(draft),
    stop: id => keeper.stop(id),
    remove: id => keeper.remove(id)
  }
}

/** See {@link openShadows}. */
class ShadowKeeper implements Shadows {
  readonly #deps: ShadowDeps
  readonly #records: ShadowRecords
  readonly #exclusive = new Exclusive()
  readonly #isBusy: () => boolean
  #models: ModelServer | undefined
  #all: ReadonlyMap<string, ShadowRecord> = new Map()
  /** Changes that were made here. */
  #changes = 0
  /** What all processes counted, when it was last asked for. */
  readonly #counted = new Map<string, { startedAt: number; counts: ShadowCounts }>()
  /** Those that run here, by id and by model. */
  #copiers: ReadonlyMap<string, ShadowCopier> = new Map()
  #byModel: ReadonlyMap<string, readonly ShadowCopier[]> = new Map()
  /** Calls off the next time that counts are kept; undefined while there is none. */
  #cancel: (() => void) | undefined
  #isClosed = false

  constructor(deps: ShadowDeps) {
    this.#deps = deps
    this.#records = shadowRecords(deps.registry)
    this.#isBusy = deps.isBusy ?? busyLoop()
  }

  readonly tap = (reply: InferReply, request: InferRequest): void => {
    if (this.#byModel.size === 0) return
    const copiers = this.#byModel.get(reply.route.model)
    if (copiers !== undefined) for (const copier of copiers) copier.offer(reply, request)
  }

  attach(models: ModelServer): void {
    this.#models = models
    this.#settle()
  }

  list(): readonly ShadowReport[] {
    return [...this.#all.keys()].toSorted().map(id => this.get(id))
  }

  get(id: string): ShadowReport {
    const record = this.#all.get(id)
    if (record === undefined) throw unknownShadow(id)
    const { definition, isRunning, startedAt } = record
    const counted = this.#counted.get(id)
    const before = counted?.startedAt === startedAt ? counted.counts : noCounts
    const counts = addCounts(before, this.#copiers.get(id)?.counts ?? noCounts)
    return { definition, isRunning, startedAt, ...reportOf(counts) }
  }

  async start(draft: Readonly<Record<string, unknown>>): Promise<ShadowReport> {
    if (this.#models === undefined) throw notReady({ model: String(draft['model']) }, 'the server starts')
    const { definition, faults } = readShadowDraft(draft, this.#models)
    if (faults.length > 0) throw invalidShadow(faults)
    const startedAt = (this.#deps.now ?? Date.now)()
    await this.#change(definition.id, record => {
      if (record !== undefined) throw shadowExists(definition.id)
      return { definition, isRunning: true, startedAt }
    })
    return this.get(definition.id)
  }

  async stop(id: string): Promise<ShadowReport> {
    const copier = this.#copiers.get(id)
    await this.#change(id, record => ({ ...known(id, record), isRunning: false }))
    await this.#exclusive.run(id, () => this.#keep(id, copier))
    return this.get(id)
  }

  async remove(id: string): Promise<void> {
    await this.#change(id, record => {
      known(id, record)
      return undefined
    })
  }

  async refresh(): Promise<void> {
    const before = this.#copiers
    this.#all = await this.#read()
    this.#settle()
    await this.#keepStopped(before)
    const unread = [...this.#all].filter(([id, { startedAt }]) => this.#counted.get(id)?.startedAt !== startedAt)
    await Promise.all(unread.map(([id]) => this.#exclusive.run(id, () => this.#keep(id))))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancel?.()
    await this.#keepAll()
    for (const copier of this.#copiers.values()) copier.stop()
    this.#byModel = new Map()
  }

  /** All records, also those that were changed here while they were read. */
  async #read(): Promise<ReadonlyMap<string, ShadowRecord>> {
    for (;;) {
      const changes = this.#changes
      const all = await this.#records.all()
      if (changes === this.#changes) return all
    }
  }

  #change(id: string, change: Parameters<ShadowRecords['change']>[1]): Promise<void> {
    return this.#exclusive.run(id, async () => {
      const record = await this.#records.change(id, change)
      const all = new Map(this.#all)
      if (record === undefined) all.delete(id)
      else all.set(id, record)
      this.#all = all
      this.#changes++
      this.#settle()
    })
  }

  /** From here on requests are copied as the records say. */
  #settle(): void {
    if (this.#models === undefined || this.#isClosed) return
    const copiers = new Map<string, ShadowCopier>()
    for (const [id, { isRunning, definition, startedAt }] of this.#all) {
      if (isRunning) copiers.set(id, this.#copierOf(id, definition, startedAt))
    }
    for (const [id, copier] of this.#copiers) if (copiers.get(id) !== copier) copier.stop()
    for (const id of this.#counted.keys()) if (!this.#all.has(id)) this.#counted.delete(id)
    this.#copiers = copiers
    this.#byModel = Map.groupBy(copiers.values(), ({ definition }) => definition.model)
    this.#keepLater()
  }

  #copierOf(id: string, definition: ShadowRecord['definition'], startedAt: number): ShadowCopier {
    const running = this.#copiers.get(id)
    if (running !== undefined && running.startedAt === startedAt) return running
    const { random = Math.random } = this.#deps
    return new ShadowCopier(definition, { models: this.#models!, isBusy: this.#isBusy, random, startedAt })
  }

  #keepLater(): void {
    if (this.#cancel !== undefined || this.#copiers.size === 0 || this.#isClosed) return
    const { after = systemTimer } = this.#deps
    this.#cancel = after(keepEveryMs, () => void this.#keepAgain())
  }

  async #keepAgain(): Promise<void> {
    await this.#keepAll()
    this.#cancel = undefined
    this.#keepLater()
  }

  async #keepAll(): Promise<void> {
    const ids = [...this.#copiers.keys()]
    try {
      await Promise.all(ids.map(id => this.#exclusive.run(id, () => this.#keep(id))))
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'what shadows counted could not be kept; it is tried again')
    }
  }

  /** What was counted here of shadows that somebody else stopped. */
  async #keepStopped(before: ReadonlyMap<string, ShadowCopier>): Promise<void> {
    const stopped = [...before].filter(([id, copier]) => this.#copiers.get(id) !== copier)
    await Promise.all(stopped.map(([id, copier]) => this.#exclusive.run(id, () => this.#keep(id, copier))))
  }

  /** Add what was counted here to what all processes counted; it stays here when that fails. */
  async #keep(id: string, copier = this.#copiers.get(id)): Promise<void> {
    const record = this.#all.get(id)
    // Another one may be called so by now.
    if (record === undefined || (copier !== undefined && copier.startedAt !== record.startedAt)) return
    const more = copier?.take() ?? noCounts
    try {
      const counts = await this.#records.count(record, more)
      this.#counted.set(id, { startedAt: record.startedAt, counts })
    } catch (error) {
      copier?.giveBack(more)
      throw error
    }
  }
}

function known(id: string, record: ShadowRecord | undefined): ShadowRecord {
  if (record === undefined) throw unknownShadow(id)
  return record
}

function unknownShadow(id: string): MillraceError {
  return new MillraceError('MILL_EXPERIMENT_NOT_FOUND', `there is no shadow ${id}`, { details: { shadow: id } })
}

function shadowExists(id: string): MillraceError {
  return new MillraceError('MILL_EXPERIMENT_EXISTS', `there is a shadow ${id} already`, { details: { shadow: id } })
}

function invalidShadow(faults: readonly { message: string }[]): MillraceError {
  const message = `the shadow cannot be: ${faults.map(fault => fault.message).join('; ')}`
  return new MillraceError('MILL_EXPERIMENT_INVALID', message, { details: { faults } })
}

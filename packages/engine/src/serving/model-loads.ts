import { MillraceError } from '@millrace/common'
import type { LearnerLog } from '../learning/learner-log.ts'
import type { After } from '../learning/timers.ts'
import type { AliasMoves } from './alias-moves.ts'
import type { Exclusive } from './exclusive.ts'
import type { LoadOverride, OpenGiven, Override } from './load-override.ts'
import { nameProblem } from './model-names.ts'
import type { ModelRecords } from './model-records.ts'
import type { LoadReport } from './model-server.ts'
import { replaceModel, withdrawOverride } from './replace-model.ts'
import type { ServedModel } from './served-model.ts'
import type { Upkeep } from './upkeep.ts'

/** What {@link ModelLoads} is given. */
export interface LoadDeps {
  readonly upkeep: Upkeep
  readonly records: ModelRecords
  /** One change of a model at a time. */
  readonly exclusive: Exclusive
  readonly aliases: AliasMoves
  /** Undefined where no files can be given with a load. */
  readonly openGiven: OpenGiven | undefined
  readonly log: LearnerLog
  readonly after: After
}

/** Milliseconds between two looks at files that may still be written, and how many looks a reload takes at most. */
const settlingMs = 600
const mostLooks = 4

/** Loads and unloads models when somebody says so, and takes over what other processes decided. */
export class ModelLoads {
  readonly #deps: LoadDeps

  constructor(deps: LoadDeps) {
    this.#deps = deps
  }

  /** See ModelServer.reload. */
  async reload(name?: string): Promise<LoadReport> {
    const report = await this.#lookUntilSettled(name)
    if (name !== undefined) this.#deps.upkeep.table.get(name)
    await this.#adoptAll(name)
    return only(report, name)
  }

  /** Who asks for a reload has just put files there, which are not trusted before they have rested for a moment. */
  async #lookUntilSettled(name: string | undefined): Promise<LoadReport> {
    const { upkeep, after } = this.#deps
    let report = await upkeep.look({ model: name, isFresh: true })
    for (let looks = 1; looks < mostLooks && this.#isAnythingIncomplete(name); looks++) {
      await new Promise<void>(resolve => void after(settlingMs, resolve))
      const { loaded, unloaded, failed } = await upkeep.look({ model: name, isFresh: true })
      report = { loaded: [...report.loaded, ...loaded], unloaded: [...report.unloaded, ...unloaded], failed }
    }
    return report
  }

  #isAnythingIncomplete(name: string | undefined): boolean {
    const { models } = this.#deps.upkeep.table
    const asked = name === undefined ? [...models.values()] : [models.get(name)]
    return asked.some(model => model?.order.some(({ origin }) => origin?.sourced.state === 'incomplete'))
  }

  /** See ModelServer.load. */
  async load(name: string, override?: LoadOverride): Promise<LoadReport> {
    const { upkeep } = this.#deps
    if (override !== undefined || upkeep.listings.overrides.has(name)) return this.#replace(name, override)
    const wasUnloaded = upkeep.table.models.get(name)?.isUnloaded === true
    if (wasUnloaded) await this.#decide(name, false)
    const report = only(await upkeep.look({ model: name, isLoad: true, isFresh: true }), name)
    const model = upkeep.table.get(name)
    // A model that comes back to the sources may have been unloaded when it went.
    if (model.isUnloaded && !wasUnloaded) return this.load(name)
    const served = model.order.filter(slot => slot.isServed).map(({ version }) => `${name}/${version}`)
    if (served.length === 0 && report.failed.length > 0) throw loadError(name, report)
    return wasUnloaded ? { ...report, loaded: served } : report
  }

  /** See ModelServer.unload. */
  async unload(name: string): Promise<void> {
    const { upkeep } = this.#deps
    const override = upkeep.listings.overrides.get(name)
    // What lasts no longer than this process leaves no mark beyond it.
    if (override === undefined || upkeep.listings.of(name, undefined) !== undefined) await this.#decide(name, true)
    if (override === undefined) return
    const withdrawn = await this.#alone(name, async () => withdrawOverride(name, upkeep))
    await withdrawn?.given?.source.close()
  }

  /** Give up what was given with loads. */
  async close(): Promise<void> {
    const { overrides } = this.#deps.upkeep.listings
    await Promise.all(Array.from(overrides.values(), async ({ given }) => given?.source.close()))
  }

  /** See ModelServer.refresh. */
  async refresh(name?: string): Promise<void> {
    // Another process may have moved an alias to a version that is not known here yet.
    await this.#deps.upkeep.look({ model: name, isFresh: true })
    await this.#adoptAll(name)
  }

  /** Take over decisions that could not be taken over before, because a version could not be loaded. */
  catchUp(): void {
    const { aliases, upkeep, log } = this.#deps
    for (const { name, isBehind } of upkeep.table.models.values()) {
      if (!isBehind) continue
      aliases.adopt(name).catch((error: unknown) => {
        log.warn({ model: name, err: error }, 'what another process decided could not be taken over')
      })
    }
  }

  async #replace(name: string, wanted: LoadOverride | undefined): Promise<LoadReport> {
    const { upkeep, records } = this.#deps
    const { overrides } = upkeep.listings
    const override = wanted && (await this.#prepare(name, wanted))
    let leftover = override
    try {
      return await this.#alone(name, async () => {
        const before = overrides.get(name)
        const report = await replaceModel({ name, override, check: wanted?.check }, { upkeep, records })
        leftover = before
        return report
      })
    } finally {
      await leftover?.given?.source.close()
    }
  }

  /** @throws {MillraceError} MILL_INPUT_INVALID, MILL_UNSUPPORTED or MILL_STORE_FAILED */
  async #prepare(name: string, { config, files }: LoadOverride): Promise<Override> {
    const { upkeep, openGiven } = this.#deps
    const problem = upkeep.table.models.get(name)?.live === undefined ? nameProblem(name) : `${name} is a learner`
    if (problem !== undefined) throw notOverridden(problem)
    if (files === undefined) return { config, given: undefined }
    if (openGiven === undefined) throw new MillraceError('MILL_UNSUPPORTED', 'no files can be given with a load here')
    const source = await openGiven(name, files)
    const listed = await source.list()
    const versions = listed.flatMap(model =>
      model.versions.map(sourced => [sourced.version, { source, sourced }] as const)
    )
    return { config, given: { source, versions: new Map(versions) } }
  }

  /** While nobody else changes this model, or looks at the sources. */
  #alone<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    return this.#deps.exclusive.run(name, () => this.#deps.upkeep.alone(work))
  }

  async #adoptAll(name: string | undefined): Promise<void> {
    const { aliases, upkeep, records } = this.#deps
    if (name !== undefined) {
      if (upkeep.table.models.has(name)) await aliases.adopt(name)
      return
    }
    const kept = await records.all()
    for (const model of upkeep.table.ordered()) {
      if ((kept.get(model.name)?.revision ?? 0) !== model.kept.revision) await aliases.adopt(model.name)
    }
  }

  #decide(name: string, isUnloaded: boolean): Promise<void> {
    const { exclusive, records, upkeep } = this.#deps
    return exclusive.run(name, async () => {
      const model: ServedModel = upkeep.table.get(name)
      model.kept = await records.change(name, record => ({ ...record, isUnloaded }))
      upkeep.table.tidy(model)
    })
  }
}

function notOverridden(problem: string): MillraceError {
  return new MillraceError('MILL_INPUT_INVALID', `no configuration or files can be given with this load: ${problem}`)
}

function loadError(model: string, { failed }: LoadReport): MillraceError {
  return new MillraceError('MILL_MODEL_INVALID', `failed to load '${model}': ${failed[0]!.reason}`, {
    details: { model, failed }
  })
}

function only(report: LoadReport, name: string | undefined): LoadReport {
  if (name === undefined) return report
  const isOf = (label: string): boolean => label.startsWith(`${name}/`)
  return {
    loaded: report.loaded.filter(isOf),
    unloaded: report.unloaded.filter(isOf),
    failed: report.failed.filter(({ model }) => model === name)
  }
}

import { isDeepStrictEqual } from 'node:util'
import type { CatalogueModel } from './catalogue.ts'
import { noConfig } from './catalogue.ts'
import type { KeptRecord } from './model-records.ts'
import { isSameOrigin, originOf, settingsOf } from './open-version.ts'
import { type ModelDefaults, ServedModel } from './served-model.ts'
import type { ServedVersion } from './served-version.ts'
import { unknownModel } from './serving-errors.ts'
import { type SlotHost, VersionSlot } from './version-slot.ts'

/** What {@link ModelTable} is given. */
export interface TableDeps {
  readonly defaults: ModelDefaults
  readonly host: SlotHost
  /** Learners in service: they are there whatever the sources have, and are never unloaded from memory. */
  readonly lives: readonly ServedVersion[]
  /** What was kept of models before the server began. */
  readonly kept: ReadonlyMap<string, KeptRecord>
}

/** All models that are known. */
export class ModelTable {
  readonly models = new Map<string, ServedModel>()
  readonly #deps: TableDeps
  /** What was kept of models that are not there. */
  readonly #kept: Map<string, KeptRecord>

  constructor(deps: TableDeps) {
    this.#deps = deps
    this.#kept = new Map(deps.kept)
    for (const live of deps.lives) this.#add(live.model, live)
  }

  /** @throws {MillraceError} MILL_MODEL_NOT_FOUND */
  get(name: string): ServedModel {
    const model = this.models.get(name)
    if (model === undefined) throw unknownModel(name)
    return model
  }

  /** In the order of their names. */
  ordered(): ServedModel[] {
    return [...this.models.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Whether there is anything to do about a model: other files than before, or something that was left to do. */
  needsWork(name: string, found: CatalogueModel | undefined): boolean {
    const model = this.models.get(name)
    if (model === undefined || found === undefined) return model !== undefined || found !== undefined
    if (!isDeepStrictEqual(model.config, found.config) || model.isFlat !== found.isFlat) return true
    const settings = settingsOf(found.config)
    for (const [version, where] of found.versions) {
      if (version === model.live) continue
      if (!isSameOrigin(model.slots.get(version)?.origin, { ...where, config: found.config, settings })) return true
    }
    return model.order.some(
      slot => slot.isPending || (!found.versions.has(slot.version) && slot.version !== model.live)
    )
  }

  /**
   * Take over what the sources have of a model. Nothing is given up yet: new files are only known, and versions that
   * have vanished stay. @returns undefined for a model that is not there
   */
  take(name: string, found: CatalogueModel | undefined): ServedModel | undefined {
    const model = this.models.get(name) ?? (found === undefined ? undefined : this.#add(name))
    if (model !== undefined) this.#fill(model, found, this.#deps.host)
    return model
  }

  /** What a model would be, with nothing in memory. Nobody hears of it, and it is asked nothing. */
  preview(name: string, found: CatalogueModel, kept: KeptRecord): ServedModel {
    const model = new ServedModel(name, undefined, this.#deps.defaults)
    model.kept = kept
    this.#fill(model, found, unheard(this.#deps.host))
    return model
  }

  #fill(model: ServedModel, found: CatalogueModel | undefined, host: SlotHost): void {
    model.config = found?.config ?? noConfig
    model.isFlat = found?.isFlat ?? false
    const settings = settingsOf(model.config)
    for (const slot of model.slots.values()) if (found?.versions.has(slot.version) !== true) slot.origin = undefined
    for (const [version, where] of found?.versions ?? []) {
      if (version === model.live) continue
      const slot = model.slots.get(version) ?? new VersionSlot({ model: model.name, version }, host)
      if (!model.slots.has(version)) model.add(slot)
      slot.origin = originOf({ ...where, config: model.config, settings })
      if (where.sourced.state === 'invalid') slot.refuse(where.sourced.reason ?? 'its files cannot be used')
    }
    model.settle()
  }

  /** Give up what has vanished, also what an alias stands for. */
  forget(model: ServedModel): void {
    for (const slot of model.order) {
      if (slot.origin !== undefined || slot.version === model.live) continue
      model.delete(slot)
      slot.giveUp()
    }
    model.settle()
  }

  /** Give up what has vanished or is not wanted any more, now that what takes its place is loaded. */
  tidy(model: ServedModel): void {
    model.settle()
    for (const slot of model.order) {
      if (slot.version === model.live) continue
      const isGone = slot.origin === undefined && (slot.current === undefined || !model.isChosen(slot.version))
      if (isGone) model.delete(slot)
      if (isGone || !slot.isWanted || model.isUnloaded) slot.giveUp()
    }
    model.settle()
    if (model.slots.size > 0) return
    this.models.delete(model.name)
    this.#kept.set(model.name, model.kept)
  }

  #add(name: string, live?: ServedVersion): ServedModel {
    const model = new ServedModel(name, live && this.#liveSlot(live), this.#deps.defaults)
    model.kept = this.#kept.get(name) ?? model.kept
    this.models.set(name, model)
    model.settle()
    return model
  }

  #liveSlot(live: ServedVersion): VersionSlot {
    const slot = new VersionSlot({ model: live.model, version: live.version }, this.#deps.host)
    slot.settle({ served: live, close: async () => undefined })
    return slot
  }
}

const nothing = (): void => undefined

/** Of what becomes of versions nobody hears. */
function unheard({ opener, monotonicNow }: SlotHost): SlotHost {
  return { opener, monotonicNow, loaded: nothing, loadFailed: nothing, retired: nothing, unused: nothing }
}

import type { CatalogueModel } from './catalogue.ts'
import { noConfig } from './catalogue.ts'
import type { KeptRecord } from './model-records.ts'
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

  constructor(deps: TableDeps) {
    this.#deps = deps
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

  /**
   * Take over what the sources have of a model. Nothing is given up yet: new files are only known, and versions that
   * have vanished stay. @returns undefined for a model that is not there
   */
  take(name: string, found: CatalogueModel | undefined): ServedModel | undefined {
    const model = this.models.get(name) ?? (found === undefined ? undefined : this.#add(name))
    if (model === undefined) return undefined
    model.config = found?.config ?? noConfig
    model.isFlat = found?.isFlat ?? false
    for (const slot of model.slots.values()) if (found?.versions.has(slot.version) !== true) slot.origin = undefined
    for (const [version, { source, sourced }] of found?.versions ?? []) {
      if (version === model.live) continue
      const slot = model.slots.get(version) ?? new VersionSlot({ model: name, version }, this.#deps.host)
      model.slots.set(version, slot)
      slot.origin = { source, sourced, config: model.config }
      if (sourced.state === 'invalid') slot.refuse(sourced.reason ?? 'its files cannot be used')
    }
    model.settle()
    return model
  }

  /** Give up what has vanished or is not wanted any more, now that what takes its place is loaded. */
  tidy(model: ServedModel): void {
    model.settle()
    for (const slot of model.slots.values()) {
      if (slot.version === model.live) continue
      const isGone = slot.origin === undefined && (slot.current === undefined || !model.isChosen(slot.version))
      if (isGone) model.slots.delete(slot.version)
      if (isGone || !slot.isWanted || model.isUnloaded) slot.giveUp()
    }
    if (model.slots.size === 0) this.models.delete(model.name)
    model.settle()
  }

  #add(name: string, live?: ServedVersion): ServedModel {
    const model = new ServedModel(name, live && this.#liveSlot(live), this.#deps.defaults)
    model.kept = this.#deps.kept.get(name) ?? model.kept
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

import { MillraceError } from '@millrace/common'
import { aliasTable, chosenAliases } from './alias-table.ts'
import type { Exclusive } from './exclusive.ts'
import { checkAlias } from './model-names.ts'
import { type ModelRecord, type PastDefault, rolledBack, withAlias, withoutAlias } from './model-record.ts'
import type { KeptRecord, ModelRecords } from './model-records.ts'
import type { ServingEvents } from './model-server.ts'
import type { ServedModel } from './served-model.ts'
import { notReady, unknownVersion } from './serving-errors.ts'

/** What {@link AliasMoves} is given. */
export interface AliasDeps {
  /** @throws {MillraceError} MILL_MODEL_NOT_FOUND */
  readonly find: (model: string) => ServedModel
  readonly records: ModelRecords
  /** One change of a model at a time. */
  readonly exclusive: Exclusive
  readonly events: ServingEvents
  readonly now: () => number
}

/**
 * Moves aliases: the version is loaded, then the move is kept, then it holds for requests, all of it at once. What fails
 * leaves the alias as it was.
 */
export class AliasMoves {
  readonly #deps: AliasDeps

  constructor(deps: AliasDeps) {
    this.#deps = deps
  }

  /** See ModelServer.moveAlias. */
  move(name: string, alias: string, version: string): Promise<void> {
    return this.#change(name, async model => {
      checkAlias(alias)
      if (model.slots.has(alias)) {
        throw new MillraceError(
          'MILL_VERSION_EXISTS',
          `${alias} is a version of ${name}, so no alias can be called that`
        )
      }
      await this.#moveTo(model, version, record =>
        withAlias(record, { alias, version }, this.#past(model, alias === 'default'))
      )
    })
  }

  /** See ModelServer.removeAlias. */
  remove(name: string, alias: string): Promise<void> {
    return this.#change(name, async model => {
      const { record } = model.kept
      if (!record.aliases.has(alias)) {
        if (model.aliases.has(alias)) return
        throw unknownVersion(name, alias)
      }
      const change = (kept: ModelRecord): ModelRecord =>
        withoutAlias(kept, alias, this.#past(model, alias === 'default'))
      const fallback = tableWith(model, change(record)).get(alias)
      await this.#moveTo(model, fallback, change)
    })
  }

  /** See ModelServer.rollback. */
  rollback(name: string): Promise<string> {
    return this.#change(name, async model => {
      const current = model.aliases.get('default')
      const past = model.kept.record.history.findLast(({ version }) => version !== current && model.slots.has(version))
      if (past === undefined) throw nothingBefore(name, current)
      const { version } = past
      await this.#moveTo(model, version, record => rolledBack(record, version))
      return version
    })
  }

  /** Take over what another process decided; what cannot be loaded here leaves its alias as it is, to be tried again. */
  adopt(name: string): Promise<void> {
    return this.#change(name, async model => {
      const kept = await this.#deps.records.get(name)
      if (kept.revision === model.kept.revision) return
      const { record } = kept
      const failed = record.isUnloaded ? new Set<string>() : await loadTargets(model, record)
      const aliases = new Map(record.aliases)
      for (const [alias, version] of record.aliases) {
        const before = model.aliases.get(alias)
        if (failed.has(version) && before !== undefined) aliases.set(alias, before)
      }
      model.isBehind = failed.size > 0
      const revision = model.isBehind ? model.kept.revision : kept.revision
      this.#apply(model, { record: { ...record, aliases }, revision })
    })
  }

  #change<Result>(name: string, work: (model: ServedModel) => Promise<Result>): Promise<Result> {
    return this.#deps.exclusive.run(name, async () => work(this.#deps.find(name)))
  }

  async #moveTo(
    model: ServedModel,
    version: string | undefined,
    change: (record: ModelRecord) => ModelRecord
  ): Promise<void> {
    const save = async (): Promise<void> => this.#apply(model, await this.#deps.records.change(model.name, change))
    if (version === undefined) return save()
    const slot = model.slots.get(version)
    if (slot === undefined) throw unknownVersion(model.name, version)
    if (model.isUnloaded) throw notReady({ model: model.name }, 'it was unloaded')
    await slot.hold(async () => {
      await ensureLoaded(model, version)
      await save()
    })
  }

  /** From here on requests see the change. */
  #apply(model: ServedModel, kept: KeptRecord): void {
    const before = model.aliases
    model.kept = kept
    model.settle()
    for (const alias of new Set([...before.keys(), ...model.aliases.keys()])) {
      const [was, version] = [before.get(alias), model.aliases.get(alias)]
      if (was !== version) this.#deps.events.aliasMoved?.({ model: model.name, alias, version, before: was })
    }
  }

  #past(model: ServedModel, isDefault: boolean): PastDefault | undefined {
    const version = isDefault ? model.aliases.get('default') : undefined
    return version === undefined ? undefined : { version, until: this.#deps.now() }
  }
}

function nothingBefore(model: string, version: string | undefined): MillraceError {
  const message = `model '${model}' has no default before ${version ?? 'this'} that could be gone back to`
  return new MillraceError('MILL_VERSION_NOT_FOUND', message, { details: { model } })
}

/** @throws {MillraceError} MILL_MODEL_INVALID, or what the source threw */
async function ensureLoaded(model: ServedModel, version: string): Promise<void> {
  const slot = model.slots.get(version)!
  if (slot.current !== undefined) return
  const { state, reason } = slot.origin?.sourced ?? { state: 'whole' }
  if (state !== 'whole') {
    throw new MillraceError('MILL_MODEL_INVALID', `${model.name}/${version} failed to load: ${reason ?? state}`)
  }
  // Of a version that the policy leaves out nobody else says that it is wanted.
  slot.isWanted = true
  await slot.load()
}

/** Load what aliases are to stand for; the versions that cannot be. */
async function loadTargets(model: ServedModel, record: ModelRecord): Promise<Set<string>> {
  const failed = new Set<string>()
  const versions = new Set(chosenAliases(model.config, record).values())
  for (const version of versions) {
    if (!model.slots.has(version)) continue
    await ensureLoaded(model, version).catch(() => failed.add(version))
  }
  return failed
}

function tableWith(model: ServedModel, record: ModelRecord): Map<string, string> {
  return aliasTable(model.config, record, model.aliasTargets)
}

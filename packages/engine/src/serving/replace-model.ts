import { MillraceError } from '@millrace/common'
import type { VersionFiles } from '@millrace/store'
import type { CatalogueModel } from './catalogue.ts'
import type { LoadOverride, Override } from './load-override.ts'
import type { KeptRecord, ModelRecords } from './model-records.ts'
import type { LoadReport } from './model-server.ts'
import type { Opened, Origin } from './open-version.ts'
import { neededVersions, servedBy } from './reconciler.ts'
import type { ServedModel } from './served-model.ts'
import { reasonOf, unknownModel } from './serving-errors.ts'
import type { Upkeep } from './upkeep.ts'
import type { VersionSlot } from './version-slot.ts'

/** What a model is to become. */
export interface Replacement {
  readonly name: string
  /** Undefined for what the sources have. */
  readonly override: Override | undefined
  readonly check: LoadOverride['check']
}

/** What {@link replaceModel} is given. */
export interface ReplaceDeps {
  readonly upkeep: Upkeep
  readonly records: ModelRecords
}

/** A version that is ready to be served; without `opened`, it is in memory already. */
interface Staged {
  readonly version: string
  readonly files: VersionFiles
  readonly opened: Opened | undefined
}

/**
 * Let a model be something else: all versions that it is to have are loaded and checked first, beside those that are
 * served, and then take their place in one step. What fails leaves everything as it was. Call by `Upkeep.alone`.
 * @throws {MillraceError} MILL_MODEL_NOT_FOUND, MILL_MODEL_INVALID, MILL_SOURCE_FAILED or MILL_STORE_FAILED
 */
export async function replaceModel(replacement: Replacement, { upkeep, records }: ReplaceDeps): Promise<LoadReport> {
  const { name, override } = replacement
  const { table, listings } = upkeep
  await listings.read(true)
  const found = listings.of(name, override)
  if (found === undefined) throw unknownModel(name)
  const kept = table.models.get(name)?.kept ?? (await records.get(name))
  const preview = table.preview(name, found, withoutUnload(kept))
  const { promise: over, resolve: release } = Promise.withResolvers<void>()
  const staged: Staged[] = []
  try {
    await stage(preview, { ...replacement, upkeep, staged, over })
    const next = kept.record.isUnloaded
      ? await records.change(name, record => ({ ...record, isUnloaded: false }))
      : kept
    if (override === undefined) listings.overrides.delete(name)
    else listings.overrides.set(name, override)
    return put(name, { found, staged, kept: next, upkeep })
  } catch (error) {
    await Promise.all(staged.map(async ({ opened }) => opened?.close()))
    throw error
  } finally {
    release()
  }
}

/** Forget what a load said of a model, which is then what the sources have; nothing is loaded. Call by `Upkeep.alone`. */
export function withdrawOverride(name: string, { table, listings }: Upkeep): Override | undefined {
  const override = listings.overrides.get(name)
  listings.overrides.delete(name)
  const model = table.take(name, listings.of(name, undefined))
  if (model === undefined) return override
  table.forget(model)
  table.tidy(model)
  return override
}

function withoutUnload({ record, revision }: KeptRecord): KeptRecord {
  return { record: { ...record, isUnloaded: false }, revision }
}

interface Stage extends Replacement {
  readonly upkeep: Upkeep
  readonly staged: Staged[]
  /** Resolves when the versions are in their place. */
  readonly over: Promise<void>
}

/** Load what the model is to have: all that was given; of what the sources have, as much as there is room for. */
async function stage(preview: ServedModel, { name, override, check, upkeep, staged, over }: Stage): Promise<void> {
  const { table, residency } = upkeep
  const { given } = override ?? {}
  const bad = given && preview.order.find(({ origin }) => origin?.sourced.state !== 'whole')
  if (bad !== undefined) throw loadFailed(bad, bad.origin?.sourced.reason ?? 'it is not whole')
  const wanted = preview.order.filter(slot => slot.isWanted && slot.mayLoad)
  if (wanted.length === 0) throw noVersion(name)
  const needed = neededVersions(preview)
  for (const slot of wanted) {
    const current = table.models.get(name)?.slots.get(slot.version)
    const isOptional = given === undefined && !needed.has(slot.version) && current?.current === undefined
    if (isOptional && !residency.hasRoom) continue
    staged.push(await stageVersion(slot, { current, check, upkeep }))
    void residency.reserve(() => over)
  }
}

async function stageVersion(
  slot: VersionSlot,
  { current, check, upkeep: { opener } }: Pick<Stage, 'check' | 'upkeep'> & { current: VersionSlot | undefined }
): Promise<Staged> {
  const { model, version } = slot
  const origin: Origin = slot.origin!
  let opened: Opened | undefined
  try {
    const files = await opener.fetch(model, origin)
    if (current?.hasContent(files.digest, origin) !== true) opened = await opener.open(slot, origin, files)
    check?.(opened?.served ?? current!.current!.served)
    return { version, files, opened }
  } catch (error) {
    await opened?.close()
    throw error instanceof MillraceError && error.code === 'MILL_SOURCE_FAILED'
      ? error
      : loadFailed(slot, reasonOf(error), error)
  }
}

/** One step, in which nobody else has a turn. */
function put(
  name: string,
  given: { found: CatalogueModel; staged: readonly Staged[]; kept: KeptRecord; upkeep: Upkeep }
): LoadReport {
  const { table, monotonicNow } = given.upkeep
  const before = servedBy(table.models.get(name))
  const model = table.take(name, given.found)!
  model.kept = given.kept
  // First of all, so that what is gone takes no place that the policy has.
  table.forget(model)
  const loaded = new Set<string>()
  for (const { version, files, opened } of given.staged) {
    const slot = model.slots.get(version)!
    slot.lastUsedAt = monotonicNow()
    slot.isWanted = true
    const from = { origin: slot.origin!, files }
    if (opened !== undefined) {
      slot.put(opened, from)
      loaded.add(version)
    } else if (slot.hasContent(files.digest, from.origin)) slot.keep(from)
    // Else it has given way meanwhile, and is loaded when it is asked for.
  }
  for (const slot of model.order) if (slot.isWanted && slot.canWork) slot.offer()
  table.tidy(model)
  const after = servedBy(model)
  for (const version of after) if (!before.has(version)) loaded.add(version)
  const named = (versions: Iterable<string>): string[] => Array.from(versions, version => `${name}/${version}`)
  return { loaded: named(loaded), unloaded: named([...before].filter(version => !after.has(version))), failed: [] }
}

function loadFailed({ model, version }: VersionSlot, reason: string, cause?: unknown): MillraceError {
  return new MillraceError('MILL_MODEL_INVALID', `failed to load '${model}', version ${version}: ${reason}`, {
    cause,
    details: { model, version }
  })
}

function noVersion(model: string): MillraceError {
  const message = `failed to load '${model}': at least one version must be available under its version policy`
  return new MillraceError('MILL_MODEL_INVALID', message, { details: { model } })
}

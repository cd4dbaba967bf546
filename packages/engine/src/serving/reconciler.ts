import type { CatalogueModel } from './catalogue.ts'
import { chosenAliases } from './alias-table.ts'
import { forEachInTurns, forEachLimited } from './for-each.ts'
import type { LoadReport } from './model-server.ts'
import type { ModelTable } from './model-table.ts'
import type { Residency } from './residency.ts'
import type { ServedModel } from './served-model.ts'
import type { VersionSlot } from './version-slot.ts'

/** Versions that are loaded at the same time. */
const loadsAtOnce = 3

/** Bytes of a file that is loaded quickly; one that is larger keeps no others waiting. */
const quickBytes = 8 * 1024 * 1024

/** What is to be brought in line with the sources, and how. */
export interface ReconcileScope {
  /** Undefined for all models. */
  readonly models: ReadonlySet<string> | undefined
  /** Models whose failed versions are tried again, and whose versions are all loaded as far as there is room. */
  readonly loaded: ReadonlySet<string>
  /** Versions give way to no other when the server begins. */
  readonly isStart: boolean
}

/** What {@link reconcile} is given. */
export interface ReconcileDeps {
  readonly table: ModelTable
  readonly residency: Residency
  readonly monotonicNow: () => number
}

/** A version to load. */
interface Load {
  readonly slot: VersionSlot
  /** Whether requests will come for it at once. */
  readonly isNeeded: boolean
  /** Place among the versions of its model, the newest first. */
  readonly rank: number
  /** Size of its file, as far as it is known. */
  readonly bytes: number
}

/**
 * Bring what is served in line with what the sources have. New and changed versions are loaded first; only then is what
 * they replace given up. What cannot be loaded leaves what it would have replaced as it is.
 */
export async function reconcile(
  found: ReadonlyMap<string, CatalogueModel>,
  scope: ReconcileScope,
  deps: ReconcileDeps
): Promise<LoadReport> {
  const { table } = deps
  for (const name of scope.loaded) forgetFailures(table.models.get(name))
  const names = scope.models ?? new Set([...found.keys(), ...table.models.keys()])
  const before = new Map<string, Set<string>>()
  const models: ServedModel[] = []
  await forEachInTurns(names, name => {
    if (!scope.loaded.has(name) && !table.needsWork(name, found.get(name))) return
    before.set(name, servedBy(table.models.get(name)))
    const model = table.take(name, found.get(name))
    if (model !== undefined) models.push(model)
  })
  const replaced = await loadAll(models, scope, deps)
  await forEachInTurns(models, model => table.tidy(model))
  return report(names, { table, before, replaced })
}

async function loadAll(
  models: readonly ServedModel[],
  { isStart, loaded }: ReconcileScope,
  { residency, monotonicNow }: ReconcileDeps
): Promise<ReadonlySet<VersionSlot>> {
  const loads = models.flatMap(model => loadsOf(model, loaded.has(model.name)))
  const ordered = loads.toSorted(compareLoads)
  const replaced = new Set<VersionSlot>()
  for (const [index, { slot }] of ordered.entries()) {
    // Of what nobody asked for yet, that which matters least gives way first.
    if (slot.current === undefined) slot.lastUsedAt = isStart ? -index : monotonicNow()
  }
  await forEachLoad(ordered, isStart, async ({ slot, isNeeded }) => {
    const { current } = slot
    try {
      if (current !== undefined || (isNeeded && !isStart)) await slot.hold(() => slot.load())
      else if (residency.hasRoom) await residency.reserve(() => slot.load())
      else slot.offer()
      if (current !== undefined && slot.current !== current) replaced.add(slot)
    } catch {
      // The slot keeps the reason, and has told it.
    }
  })
  return replaced
}

/**
 * A few at a time; when the server starts, the first alone. To make a session takes more memory than it keeps, and the
 * process does not give that back, so that the largest decides how much it comes to: the others fit into what it left.
 */
async function forEachLoad(loads: readonly Load[], isStart: boolean, work: (load: Load) => Promise<void>) {
  const first = loads.slice(0, 1).filter(({ bytes }) => isStart && bytes <= quickBytes)
  await forEachLimited(first, 1, work)
  await forEachLimited(loads.slice(first.length), loadsAtOnce, work)
}

/** What requests will come for goes first, then what is newer, then what is larger. */
function compareLoads(one: Load, other: Load): number {
  return Number(other.isNeeded) - Number(one.isNeeded) || one.rank - other.rank || other.bytes - one.bytes
}

function loadsOf(model: ServedModel, isAsked: boolean): Load[] {
  if (model.isUnloaded) return []
  const needed = neededVersions(model)
  return model.order.flatMap((slot, rank) => {
    if (!slot.isWanted || !slot.mayLoad) return []
    const isNew = slot.current === undefined && (isAsked || !slot.isOffered)
    const bytes = slot.origin?.sourced.bytes ?? 0
    return isNew || slot.isOutdated ? [{ slot, isNeeded: needed.has(slot.version), rank, bytes }] : []
  })
}

/** The versions that aliases stand for, or will as soon as they are loaded. */
export function neededVersions(model: ServedModel): Set<string> {
  const chosen = chosenAliases(model.config, model.kept.record)
  const needed = new Set(chosen.values())
  if (!chosen.has('default') && model.expectedDefault !== undefined) needed.add(model.expectedDefault)
  return needed
}

function forgetFailures(model: ServedModel | undefined): void {
  for (const slot of model?.slots.values() ?? []) slot.forgetFailure()
}

/** Names of the versions that requests are answered for. */
export function servedBy(model: ServedModel | undefined): Set<string> {
  if (model === undefined || model.isUnloaded) return new Set()
  return new Set(model.order.filter(slot => slot.isServed).map(slot => slot.version))
}

interface Change {
  readonly table: ModelTable
  readonly before: ReadonlyMap<string, ReadonlySet<string>>
  readonly replaced: ReadonlySet<VersionSlot>
}

function report(names: ReadonlySet<string>, { table, before, replaced }: Change): LoadReport {
  const loaded: string[] = []
  const unloaded: string[] = []
  for (const [name, was] of before) {
    const model = table.models.get(name)
    const is = servedBy(model)
    for (const version of is) {
      if (!was.has(version) || replaced.has(model!.slots.get(version)!)) loaded.push(`${name}/${version}`)
    }
    for (const version of was) if (!is.has(version)) unloaded.push(`${name}/${version}`)
  }
  return { loaded, unloaded, failed: failuresOf(names, table) }
}

function failuresOf(names: ReadonlySet<string>, { models }: ModelTable): LoadReport['failed'] {
  const failed: LoadReport['failed'][number][] = []
  for (const name of [...names].toSorted()) {
    for (const { version, failure } of models.get(name)?.order ?? []) {
      if (failure !== undefined) failed.push({ model: name, version, reason: failure.reason })
    }
  }
  return failed
}

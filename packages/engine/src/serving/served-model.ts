import type { ModelConfig, VersionPolicy } from '@millrace/store'
import { type AliasTargets, aliasTable, chosenAliases } from './alias-table.ts'
import { noConfig } from './catalogue.ts'
import { type KeptRecord, noRecord } from './model-records.ts'
import type { ModelStatus, Route } from './model-server.ts'
import { notReady, unknownVersion } from './serving-errors.ts'
import { compareKeys, type VersionKey } from './version-order.ts'
import { policyText, selectVersions } from './version-policy.ts'
import type { VersionSlot } from './version-slot.ts'
import { slotStatus } from './version-status.ts'

/** What a name stands for. */
export interface Target {
  readonly route: Route
  readonly slot: VersionSlot
}

/** What holds for all models. */
export interface ModelDefaults {
  readonly policy: VersionPolicy
  /** The default of every model that has it. */
  readonly defaultVersion: string | undefined
}

/** Key of what answers when no version is named. */
const unnamed = ''

/** A model with its versions, and what every name of them stands for at this moment. */
export class ServedModel {
  readonly name: string
  /** Where the version of a learner that goes on learning stands in `slots`; undefined for models without. */
  readonly live: string | undefined
  readonly #slots = new Map<string, VersionSlot>()
  config: ModelConfig = noConfig
  isFlat = false
  kept: KeptRecord = noRecord
  /** Whether another process decided something that could not be taken over yet. */
  isBehind = false
  #policyProblem: string | undefined
  #aliases: ReadonlyMap<string, string> = new Map()
  #targets: ReadonlyMap<string, Target> = new Map()
  /** Undefined while it has to be found out anew. */
  #order: readonly VersionSlot[] | undefined
  readonly #defaults: ModelDefaults

  constructor(name: string, live: VersionSlot | undefined, defaults: ModelDefaults) {
    this.name = name
    this.live = live?.version
    // What a learner was at some time answers by default only where somebody said so, whatever it is called.
    this.#defaults = live === undefined ? defaults : { ...defaults, defaultVersion: undefined }
    if (live !== undefined) this.#slots.set(live.version, live)
  }

  /** Newest first; a learner that is live before what was kept of it. */
  get order(): readonly VersionSlot[] {
    this.#order ??= [...this.#slots.values()].toSorted((a, b) => this.#compare(a, b))
    return this.#order
  }

  /** Its versions by their names. */
  get slots(): ReadonlyMap<string, VersionSlot> {
    return this.#slots
  }

  /** Takes part in what names stand for once they are settled. */
  add(slot: VersionSlot): void {
    this.#slots.set(slot.version, slot)
    this.#order = undefined
  }

  /** See {@link add}. */
  delete(slot: VersionSlot): void {
    this.#slots.delete(slot.version)
    this.#order = undefined
  }

  /** All aliases that stand for something. */
  get aliases(): ReadonlyMap<string, string> {
    return this.#aliases
  }

  /** What is wrong with its configuration or aliases. */
  get problem(): string | undefined {
    if (this.#policyProblem !== undefined) return this.#policyProblem
    const chosen = chosenAliases(this.config, this.kept.record)
    for (const [alias, version] of chosen) {
      const slot = this.slots.get(version)
      if (slot === undefined) return `the alias ${alias} stands for version ${version}, which is in no source`
      if (canBeServed(slot)) continue
      return `the alias ${alias} stands for version ${version}, which cannot be served: ${this.#whyNot(slot)}`
    }
    return undefined
  }

  get isUnloaded(): boolean {
    return this.kept.record.isUnloaded
  }

  /** What answers to a name: a version, an alias, or undefined for the default. Costs one look-up. */
  target(version: string | undefined): Target | undefined {
    return this.#targets.get(version ?? unnamed)
  }

  /** Why a name has no target. */
  missing(version: string | undefined): Error {
    if (this.isUnloaded) return notReady({ model: this.name }, 'it was unloaded')
    if (version === undefined) return notReady({ model: this.name }, this.#whyNoDefault())
    const slot = this.slots.get(version)
    if (slot !== undefined && !canBeServed(slot)) return notReady(slot, this.#whyNot(slot), slot.failure?.error)
    if (slot !== undefined) {
      return unknownVersion(this.name, version, `is not served: the policy is ${policyText(this.#policy)}`)
    }
    const meant = chosenAliases(this.config, this.kept.record).get(version)
    return meant === undefined
      ? unknownVersion(this.name, version)
      : unknownVersion(this.name, version, `is not found: it stands for version ${meant}, which is in no source`)
  }

  /** The version that will be the default once it is loaded, if nobody chose one. */
  get expectedDefault(): string | undefined {
    const candidates = this.order.filter(slot => slot.isWanted && canBeServed(slot)).map(slot => slot.version)
    const { defaultVersion } = this.#defaults
    return defaultVersion !== undefined && candidates.includes(defaultVersion) ? defaultVersion : candidates[0]
  }

  /** Whether somebody chose an alias that stands for this version. */
  isChosen(version: string): boolean {
    return isAmong(version, chosenAliases(this.config, this.kept.record).values())
  }

  /** Whether any alias stands for this version. */
  isPinned(version: string): boolean {
    return isAmong(version, this.#aliases.values())
  }

  /** What its aliases can stand for. */
  get aliasTargets(): AliasTargets {
    return {
      has: version => this.slots.has(version),
      canAnswer: version => canBeServed(this.slots.get(version)),
      canBeDefault: version => this.slots.get(version)?.isServed === true,
      versions: this.order.map(slot => slot.version),
      defaultVersion: this.#defaults.defaultVersion
    }
  }

  /** Work out anew what every name stands for; requests see all of it or nothing. */
  settle(): void {
    this.#chooseWanted()
    this.#aliases = aliasTable(this.config, this.kept.record, this.aliasTargets)
    this.#targets = this.isUnloaded ? new Map() : this.#makeTargets()
  }

  status(): ModelStatus {
    const isLearner = this.order.some(({ current }) => current?.served.platform === 'millrace_learner')
    return {
      name: this.name,
      kind: isLearner ? 'learner' : 'onnx',
      versions: this.order.map(slot => slotStatus(slot, { isUnloaded: this.isUnloaded, policy: this.#policy })),
      aliases: this.#aliases,
      isFlat: this.isFlat,
      config: this.config
    }
  }

  get #policy(): VersionPolicy {
    return this.config.versionPolicy ?? this.#defaults.policy
  }

  #compare(a: VersionSlot, b: VersionSlot): number {
    if (a.version === this.live) return -1
    return b.version === this.live ? 1 : compareKeys(a.key, b.key)
  }

  /** What worked stays wanted until all that is to take its place works. */
  #chooseWanted(): void {
    const chosen = new Set(chosenAliases(this.config, this.kept.record).values())
    for (const { text } of this.#select()) chosen.add(text)
    const isSettled = this.order.every(slot => slot.isOffered || !chosen.has(slot.version))
    for (const slot of this.order) {
      const isKept = !isSettled && slot.isWanted && slot.isOffered
      const isSelected = chosen.has(slot.version) || isKept || slot.waiting > 0
      slot.isWanted = slot.version === this.live || (isSelected && !this.isUnloaded)
    }
  }

  #select(): readonly VersionKey[] {
    const usable = this.order.filter(slot => slot.version !== this.live && canBeServed(slot)).map(slot => slot.key)
    try {
      this.#policyProblem = undefined
      return selectVersions(usable, this.#policy)
    } catch (error) {
      this.#policyProblem = (error as Error).message
      return selectVersions(usable, this.#defaults.policy)
    }
  }

  #makeTargets(): Map<string, Target> {
    const targets = new Map<string, Target>()
    for (const [alias, version] of this.#aliases) {
      const slot = this.slots.get(version)!
      targets.set(alias, { route: { model: this.name, version, reason: 'alias', alias }, slot })
      if (alias !== 'default') continue
      targets.set(unnamed, { route: { model: this.name, version, reason: 'default', alias }, slot })
    }
    for (const slot of this.order) {
      if (!slot.isWanted) continue
      const { version } = slot
      targets.set(version, { route: { model: this.name, version, reason: 'version' }, slot })
    }
    return targets
  }

  #whyNoDefault(): string {
    const [newest] = this.order
    if (newest === undefined) return 'it has no version'
    return `no version of it works; of the newest, ${newest.version}: ${this.#whyNot(newest)}`
  }

  #whyNot(slot: VersionSlot): string {
    return slotStatus(slot, { isUnloaded: false, policy: this.#policy }).reason
  }
}

function isAmong(version: string, versions: Iterable<string>): boolean {
  for (const one of versions) if (one === version) return true
  return false
}

/** Whether there is any hope of an answer: files that are whole and not known to fail, or something in memory. */
function canBeServed(slot: VersionSlot | undefined): boolean {
  return slot !== undefined && (slot.current !== undefined || slot.canWork)
}

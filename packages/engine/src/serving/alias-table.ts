import type { ModelConfig } from '@millrace/store'
import type { ModelRecord } from './model-record.ts'

/** What aliases can stand for. */
export interface AliasTargets {
  /** Whether there is such a version. */
  has(version: string): boolean
  /** Whether there is any hope of an answer from a version: it is whole and not known to fail, or in memory. */
  canAnswer(version: string): boolean
  /** Whether a version can be the default without anybody having said so. */
  canBeDefault(version: string): boolean
  /** Newest first. */
  readonly versions: readonly string[]
  /** The default of every model that has it. */
  readonly defaultVersion: string | undefined
}

/** The aliases that somebody chose: by configuration, until they were moved. */
export function chosenAliases(config: ModelConfig, record: ModelRecord): Map<string, string> {
  return new Map([...Object.entries(config.aliases), ...record.aliases])
}

/**
 * All aliases with the version each stands for. `default` is what it was moved to; else what the model's configuration
 * says; else the default version of the server if the model has it; else the newest version that works. What cannot
 * answer is passed over: while its files come back piece by piece, what answered before goes on doing so.
 */
export function aliasTable(config: ModelConfig, record: ModelRecord, targets: AliasTargets): Map<string, string> {
  const known = ([alias, version]: [string, string]): boolean =>
    alias === 'default' ? targets.canAnswer(version) : targets.has(version)
  const table = new Map([...Object.entries(config.aliases).filter(known), ...[...record.aliases].filter(known)])
  if (!table.has('default')) {
    const standard = standardDefault(targets)
    if (standard !== undefined) table.set('default', standard)
  }
  return table
}

function standardDefault({ canBeDefault, versions, defaultVersion }: AliasTargets): string | undefined {
  if (defaultVersion !== undefined && canBeDefault(defaultVersion)) return defaultVersion
  return versions.find(version => canBeDefault(version))
}

/** When `default` stood for which version. */
export interface PastDefault {
  readonly version: string
  /** When it stopped being the default, in milliseconds since 1970. */
  readonly until: number
}

/** What operators decided about a model; kept in the registry. */
export interface ModelRecord {
  /** Aliases that were moved, with the version each stands for. */
  readonly aliases: ReadonlyMap<string, string>
  /** The versions that `default` stood for before, the oldest first. */
  readonly history: readonly PastDefault[]
  /** Whether the model was unloaded, and not loaded since. */
  readonly isUnloaded: boolean
}

/** Earlier defaults that are remembered. */
const longestHistory = 20

/** Of a model that nobody decided anything about. */
export const emptyRecord: ModelRecord = { aliases: new Map(), history: [], isUnloaded: false }

/** A record as it was kept. What cannot be read in it is left out: it may be of a newer program. */
export function recordFrom(value: unknown): ModelRecord {
  if (!isObject(value)) return emptyRecord
  const { aliases, history, isUnloaded } = value
  return {
    aliases: new Map(isObject(aliases) ? Object.entries(aliases).filter(isTextEntry) : []),
    history: Array.isArray(history) ? history.filter(isPastDefault) : [],
    isUnloaded: isUnloaded === true
  }
}

/** A record as it is kept: plain JSON. */
export function recordValue({ aliases, ...record }: ModelRecord): unknown {
  return { ...record, aliases: Object.fromEntries(aliases) }
}

/**
 * An alias stands for a version from now on.
 * @param before the default version so far, which a rollback goes back to; undefined for other aliases
 */
export function withAlias(
  record: ModelRecord,
  { alias, version }: { alias: string; version: string },
  before: PastDefault | undefined
): ModelRecord {
  return { ...record, aliases: new Map(record.aliases).set(alias, version), history: remember(record, version, before) }
}

/** An alias is as if nobody had moved it. */
export function withoutAlias(record: ModelRecord, alias: string, before: PastDefault | undefined): ModelRecord {
  const aliases = new Map(record.aliases)
  aliases.delete(alias)
  return { ...record, aliases, history: remember(record, undefined, before) }
}

/** `default` stands again for an earlier version, and what came after it is forgotten. */
export function rolledBack(record: ModelRecord, version: string): ModelRecord {
  const index = record.history.findLastIndex(past => past.version === version)
  return {
    ...record,
    aliases: new Map(record.aliases).set('default', version),
    history: record.history.slice(0, Math.max(0, index))
  }
}

function remember(
  { history }: ModelRecord,
  version: string | undefined,
  before: PastDefault | undefined
): readonly PastDefault[] {
  return before === undefined || before.version === version ? history : [...history, before].slice(-longestHistory)
}

function isTextEntry(entry: [string, unknown]): entry is [string, string] {
  return typeof entry[1] === 'string'
}

function isPastDefault(value: unknown): value is PastDefault {
  return isObject(value) && typeof value['version'] === 'string' && typeof value['until'] === 'number'
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

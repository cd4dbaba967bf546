/** An entry of the registry. */
export interface RegistryEntry {
  /** What it describes: `learner`, later `alias`, `experiment` and so on. */
  kind: string
  name: string
  /** Plain JSON. */
  value: unknown
  /** 1 for a new entry, then one more with each change. */
  revision: number
}

/**
 * Keeps what all processes must agree on: which learners there are and who teaches them. Small: entries are few and
 * change seldom. Kinds and names are any text.
 */
export interface RegistryStore {
  get(kind: string, name: string): Promise<RegistryEntry | undefined>
  /** In the order of the names, by their UTF-16 code units. */
  list(kind: string): Promise<RegistryEntry[]>
  /**
   * Write an entry.
   * @param expectedRevision the revision that the entry must have now, 0 for an entry that must not exist yet; undefined
   *   writes whatever is there
   * @returns the new entry; undefined, with nothing changed, when it has another revision
   * @throws {MillraceError} MILL_STORE_FAILED with nothing changed
   */
  put(
    entry: { kind: string; name: string; value: unknown },
    expectedRevision?: number
  ): Promise<RegistryEntry | undefined>
}

/** Entries in the order of their names, which is that of their UTF-16 code units, wherever they come from. */
export function inOrderOfNames(entries: readonly RegistryEntry[]): RegistryEntry[] {
  return entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Counts what was done, by kind, and tells of it. */
export interface Tally {
  readonly counts: ReadonlyMap<string, number>
  /** Something was answered. */
  count(kind: string, more?: number): void
  /** @returns what ends the listening */
  listen(heard: () => void): () => void
}

export function createTally(): Tally {
  const counts = new Map<string, number>()
  const listeners = new Set<() => void>()
  return {
    counts,
    count(kind, more = 1) {
      counts.set(kind, (counts.get(kind) ?? 0) + more)
      for (const heard of listeners) heard()
    },
    listen(heard) {
      listeners.add(heard)
      return () => listeners.delete(heard)
    }
  }
}

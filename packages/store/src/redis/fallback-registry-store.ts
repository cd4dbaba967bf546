import type { RegistryEntry, RegistryStore } from '../registry-store.ts'
import type { RedisRegistryStore } from './redis-registry-store.ts'

/**
 * A registry in Redis with a copy in the embedded one. While Redis is away, reading answers what was last read or
 * written here, and writing fails with MILL_STORE_FAILED: nobody may decide alone what all must agree on. Entries that
 * Redis has lost are put back from the copy, with their revisions, when they are read or written.
 *
 * A failed write may have been made nevertheless; with an expected revision it can be repeated safely.
 */
export function fallbackRegistryStore({
  shared,
  embedded
}: {
  shared: RedisRegistryStore
  /** Keeps the copies, under kinds of their own. */
  embedded: RegistryStore
}): RegistryStore {
  /** A copy that cannot be written fails nobody: what was read or written in Redis stays true. */
  async function copied(entry: RegistryEntry): Promise<RegistryEntry> {
    await copy(entry).catch(() => undefined)
    return entry
  }

  async function copy({ name, revision, value, ...entry }: RegistryEntry): Promise<void> {
    const kind = copyKind(entry.kind)
    const before = await embedded.get(kind, name)
    const isNews = before === undefined || fromCopy(entry.kind, before).revision < revision
    if (isNews) await embedded.put({ kind, name, value: { revision, value } }, before?.revision ?? 0)
  }

  async function copiesOf(kind: string): Promise<RegistryEntry[]> {
    return (await embedded.list(copyKind(kind))).map(found => fromCopy(kind, found))
  }

  async function copyOf(kind: string, name: string): Promise<RegistryEntry | undefined> {
    const found = await embedded.get(copyKind(kind), name)
    return found && fromCopy(kind, found)
  }

  return {
    async get(kind, name) {
      const known = await copyOf(kind, name)
      try {
        const found = await shared.get(kind, name)
        if (found !== undefined) return await copied(found)
        if (known !== undefined) await shared.restore(known)
      } catch {
        // Redis is away: what is known has to do.
      }
      return known
    },
    async list(kind) {
      const known = await copiesOf(kind)
      try {
        const names = new Set((await shared.list(kind)).map(({ name }) => name))
        await Promise.all(known.filter(({ name }) => !names.has(name)).map(shared.restore))
        return await Promise.all((await shared.list(kind)).map(copied))
      } catch {
        return known
      }
    },
    async put(entry, expectedRevision) {
      const known = await copyOf(entry.kind, entry.name)
      if (known !== undefined) await shared.restore(known)
      const written = await shared.put(entry, expectedRevision)
      return written && copied(written)
    }
  }
}

function copyKind(kind: string): string {
  return `copy of ${kind}`
}

function fromCopy(kind: string, { name, value }: RegistryEntry): RegistryEntry {
  const copy = value as { revision: number; value: unknown }
  return { kind, name, value: copy.value, revision: copy.revision }
}

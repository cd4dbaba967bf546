import { MillraceError } from '@millrace/common'
import type { RegistryStore } from '@millrace/store'
import { addCounts, noCounts, type ShadowCounts } from './shadow-tally.ts'
import type { ShadowDefinition } from './shadow.ts'

/** The kinds of the entries in the registry: what shadows are, and what they counted. */
const [kind, countsKind] = ['shadow', 'shadow-counts']

/** The form of entries that this program writes and reads. */
const form = 1

/** Writers that may be faster than this one before it gives up. */
const mostAttempts = 20

/** A shadow as the registry keeps it. */
export interface ShadowRecord {
  readonly definition: ShadowDefinition
  readonly isRunning: boolean
  /** Milliseconds since 1970; what was counted belongs to the shadow that began then. */
  readonly startedAt: number
}

/** The shadows of all processes. Every call may throw MILL_STORE_FAILED. */
export interface ShadowRecords {
  all(): Promise<ReadonlyMap<string, ShadowRecord>>
  /**
   * Change a record, or make one; `change` may be called again when another process was faster, and throws to leave all
   * as it is. Undefined stands for a shadow that there is not.
   */
  change(
    id: string,
    change: (record: ShadowRecord | undefined) => ShadowRecord | undefined
  ): Promise<ShadowRecord | undefined>
  /** What all processes counted, with `more` added to it. */
  count(record: ShadowRecord, more: ShadowCounts): Promise<ShadowCounts>
}

interface KeptShadow {
  readonly form: number
  /** Null for one that was removed: entries cannot be. */
  readonly record: ShadowRecord | null
}

interface KeptCounts {
  readonly form: number
  readonly startedAt: number
  readonly counts: ShadowCounts
}

/**
 * Shadows in a registry: one entry each for what it is, and one for the sums of what all processes counted, to which
 * each adds now and then. A process that dies takes what it counted since then with it.
 */
export function shadowRecords(registry: RegistryStore): ShadowRecords {
  /** @param change the new value of the old one; the old one itself for nothing to be written */
  const swap = async (kindOf: string, name: string, change: (value: unknown) => unknown): Promise<unknown> => {
    for (let attempt = 0; attempt < mostAttempts; attempt++) {
      const entry = await registry.get(kindOf, name)
      const value = change(entry?.value)
      if (value === entry?.value) return value
      if ((await registry.put({ kind: kindOf, name, value }, entry?.revision ?? 0)) !== undefined) return value
    }
    throw new MillraceError('MILL_STORE_FAILED', `shadow ${name} is changed by too many at once`)
  }
  return {
    async all() {
      const entries = await registry.list(kind)
      const records = entries.flatMap(({ name, value }) => {
        const record = recordFrom(value)
        return record === undefined ? [] : [[name, record] as const]
      })
      return new Map(records)
    },
    async change(id, change) {
      const kept = await swap(kind, id, value => {
        const record = change(recordFrom(value))
        return { form, record: record ?? null } satisfies KeptShadow
      })
      return recordFrom(kept)
    },
    async count({ definition, startedAt }, more) {
      const kept = await swap(countsKind, definition.id, value => {
        const before = countsFrom(value, startedAt)
        if (more === noCounts && before !== undefined) return value
        return { form, startedAt, counts: addCounts(before ?? noCounts, more) } satisfies KeptCounts
      })
      return (kept as KeptCounts).counts
    }
  }
}

/** What a program of another form wrote is taken for nothing. */
function recordFrom(value: unknown): ShadowRecord | undefined {
  const kept = value as KeptShadow | undefined
  return kept?.form === form ? (kept.record ?? undefined) : undefined
}

/** Counts of an earlier shadow of the same id are not this one's. */
function countsFrom(value: unknown, startedAt: number): ShadowCounts | undefined {
  const kept = value as KeptCounts | undefined
  return kept?.form === form && kept.startedAt === startedAt ? kept.counts : undefined
}

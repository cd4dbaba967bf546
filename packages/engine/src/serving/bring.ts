import type { InMemory } from './in-memory.ts'
import { notReady, reasonOf } from './serving-errors.ts'
import type { VersionSlot } from './version-slot.ts'

/**
 * Bring a version to memory for a request, and count the request among those that need it: release it afterwards. One
 * load for all who wait.
 * @throws {MillraceError} MILL_MODEL_NOT_READY, with the reason
 */
export function bring(slot: VersionSlot): Promise<InMemory> {
  return slot.hold(async () => {
    for (;;) {
      const version = slot.current ?? (await load(slot))
      // Between the end of a load and this line it may have been taken away again.
      if (version.isRetired) continue
      version.inUse++
      return version
    }
  })
}

async function load(slot: VersionSlot): Promise<InMemory> {
  if (!slot.isLoading && !slot.mayLoad) throw notReady(slot, whyNot(slot), slot.failure?.error)
  try {
    return await slot.load()
  } catch (error) {
    throw notReady(slot, reasonOf(error), error)
  }
}

function whyNot({ origin, failure }: VersionSlot): string {
  if (failure !== undefined) return failure.reason
  if (origin === undefined) return 'it is in no source any more'
  return origin.sourced.reason ?? 'its files are incomplete'
}

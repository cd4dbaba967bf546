import type { ModelTable } from './model-table.ts'
import type { VersionSlot } from './version-slot.ts'

/**
 * Tells when all versions that a server began with are loaded, or are known not to load. Files that were just written
 * are waited for until they have rested; what somebody goes on writing is no version of the beginning any more.
 * @returns whether it is over; cheap, and stays true once it was
 */
export function firstVersions({ models }: Pick<ModelTable, 'models'>): () => boolean {
  const open = new Map<VersionSlot, string>()
  for (const { slots } of models.values()) {
    for (const slot of slots.values()) if (isOpen(slot)) open.set(slot, slot.origin!.sourced.stamp)
  }
  return () => {
    for (const [slot, stamp] of open) {
      if (slot.origin?.sourced.stamp !== stamp || !isOpen(slot)) open.delete(slot)
    }
    return open.size === 0
  }
}

function isOpen({ origin, isWanted, isOffered, failure }: VersionSlot): boolean {
  if (origin === undefined) return false
  const { state, isSettling = false } = origin.sourced
  return isSettling || (state === 'whole' && isWanted && !isOffered && failure === undefined)
}

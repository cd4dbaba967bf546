import { raiseEpoch } from './epoch-file.ts'
import { listSegments } from './segment-files.ts'

/**
 * Fence off everybody who writes the journal in `folder`, or did: none of them acknowledges anything any more. For
 * journals that are about to be replaced: what a running writer was writing may stay in this one. The folder must exist.
 * @param atLeast the least the epoch may be afterwards
 * @returns the epoch, which nobody had before; the next writer gets a higher one
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export function fenceJournal(folder: string, atLeast = 1): number {
  const newest = listSegments(folder).at(-1)?.epoch ?? 0
  const file = raiseEpoch(folder, Math.max(newest + 1, atLeast))
  file.close()
  return file.epoch
}

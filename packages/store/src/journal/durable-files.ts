import { closeSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'

/** Windows cannot sync a folder, and does not need it: NTFS keeps a log of its names. */
export const canSyncFolders = process.platform !== 'win32'

/** Make the names in a folder durable: files that were made, renamed or removed. */
export function syncFolder(folder: string): void {
  if (!canSyncFolders) return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Make `folder` and all above it that are missing, durably. */
export function makeFolder(folder: string): void {
  const first = mkdirSync(folder, { recursive: true })
  if (first === undefined) return
  for (let made = folder; made.length >= first.length; made = dirname(made)) syncFolder(dirname(made))
}

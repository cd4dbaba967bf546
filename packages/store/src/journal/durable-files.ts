import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Make the names in a folder durable: files that were made, renamed or removed. */
export function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

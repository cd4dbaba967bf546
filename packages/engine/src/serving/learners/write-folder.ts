import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { MillraceError } from '@millrace/common'

/** What the name of a folder begins with that is being written. */
export const unfinishedPrefix = '.writing-'

/** How renaming a folder ends where a folder with files in it, or a file, has the name already. */
const takenCodes: ReadonlySet<unknown> = new Set(['ENOTEMPTY', 'EEXIST', 'ENOTDIR'])

/**
 * Make a folder with files in it, all or nothing: it is written and made durable beside its place, under a name that
 * begins with a dot, and then renamed.
 * @param path of the folder; its parent is made too
 * @param files bytes by name
 * @returns false when something is at that place already, which stays as it is
 * @throws {MillraceError} MILL_STORE_FAILED, with nothing left behind
 */
export async function writeFolder(path: string, files: ReadonlyMap<string, Uint8Array>): Promise<boolean> {
  const parent = dirname(path)
  const made = join(parent, unfinishedPrefix + crypto.randomUUID())
  try {
    await makeParent(parent)
    await mkdir(made)
    for (const [name, bytes] of files) await writeDurably(join(made, name), bytes)
    await syncFolder(made)
    const isMoved = await renamed(made, path)
    await syncFolder(parent)
    return isMoved
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('MILL_STORE_FAILED', `${path} cannot be written: ${reason}`, { cause: error })
  } finally {
    await rm(made, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** @returns false when the name is taken */
async function renamed(made: string, path: string): Promise<boolean> {
  try {
    await rename(made, path)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && takenCodes.has(error.code)) return false
    throw error
  }
}

async function makeParent(parent: string): Promise<void> {
  const first = await mkdir(parent, { recursive: true })
  if (first === undefined) return
  for (let made = parent; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Make the names in a folder durable. Windows cannot, and does not need it. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

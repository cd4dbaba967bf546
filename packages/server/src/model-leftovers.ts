import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { unfinishedPrefix } from '@millrace/engine'

/** Folders of models that this program writes. */
export interface ModelFolders {
  /** Versions that learners were frozen as. */
  readonly frozenFolder: string
  /** Files that were given with loads. */
  readonly givenFolder: string
}

/** Remove what a process that was killed left behind: versions half frozen, and files that were given with loads to it. */
export async function removeLeftovers({ frozenFolder, givenFolder }: ModelFolders): Promise<void> {
  await Promise.all([rm(givenFolder, { recursive: true, force: true }), removeUnfinished(frozenFolder)])
}

async function removeUnfinished(folder: string): Promise<void> {
  const models = await readdir(folder, { withFileTypes: true })
  const names = models.filter(entry => entry.isDirectory()).map(({ name }) => name)
  await Promise.all(names.map(name => removeUnfinishedOf(join(folder, name))))
}

async function removeUnfinishedOf(folder: string): Promise<void> {
  const unfinished = (await readdir(folder)).filter(name => name.startsWith(unfinishedPrefix))
  await Promise.all(unfinished.map(name => rm(join(folder, name), { recursive: true, force: true })))
}

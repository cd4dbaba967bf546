import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  byName,
  type FoundFile,
  type FoundModel,
  type FoundRepository,
  type FoundVersion,
  isListedName
} from './found-model.ts'
import { mapGently } from './map-gently.ts'

/** Whether a file that looks so has not been written to for a while. */
export type IsSettled = (path: string, look: { stamp: string; changedAtMs: number }) => boolean

/**
 * Find what lies in a folder of models, reading no file.
 * @throws the error of the file system if the folder itself cannot be read, or a disk fails
 */
export async function scanFolder(folder: string, isSettled: IsSettled): Promise<FoundRepository> {
  const { folders, files } = await contentsOf(folder)
  const [models, found] = await Promise.all([
    mapGently(folders, name => scanModel(folder, name, isSettled)),
    scanFiles(folder, files, isSettled)
  ])
  return { models: models.filter(model => model !== undefined), files: found }
}

/** @returns undefined for a folder that is gone */
async function scanModel(root: string, name: string, isSettled: IsSettled): Promise<FoundModel | undefined> {
  const folder = join(root, name)
  try {
    const { folders, files } = await contentsOf(folder)
    const [config] = await scanFiles(folder, files.includes('config.json') ? ['config.json'] : [], isSettled)
    const versions = await mapGently(folders, version => scanVersion(root, { model: name, version }, isSettled))
    return { name, config, versions: versions.filter(version => version !== undefined) }
  } catch (error) {
    const problem = problemOf(folder, error)
    return problem === undefined ? undefined : { name, config: undefined, versions: [], problem }
  }
}

/** All folders that were looked into. */
export function foldersOf(folder: string, { models }: FoundRepository): string[] {
  const inner = models.flatMap(({ name, versions }) => [
    join(folder, name),
    ...versions.map(({ version }) => join(folder, name, version))
  ])
  return [folder, ...inner]
}

/** Find the files of one version. @returns undefined if there is none */
export async function scanVersion(
  root: string,
  { model, version }: { model: string; version: string },
  isSettled: IsSettled
): Promise<FoundVersion | undefined> {
  const folder = join(root, model, version)
  try {
    return { version, files: await scanFiles(folder, await filesOf(folder), isSettled) }
  } catch (error) {
    const problem = problemOf(folder, error)
    return problem === undefined ? undefined : { version, files: [], problem }
  }
}

/** A folder that vanished is no problem; one that may not be read is; a disk that fails is not this folder's. */
function problemOf(folder: string, error: unknown): string | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
  if (code === 'EACCES' || code === 'EPERM') return `${folder} may not be read (${code})`
  throw error
}

/** The files that lie in a folder itself. */
export async function scanFiles(
  folder: string,
  names: readonly string[],
  isSettled: IsSettled
): Promise<readonly FoundFile[]> {
  const files = await mapGently(names, name => scanFile(folder, name, isSettled))
  return files.filter(file => file !== undefined)
}

async function scanFile(folder: string, name: string, isSettled: IsSettled): Promise<FoundFile | undefined> {
  const address = join(folder, name)
  const found = await statOrNothing(address)
  if (found === undefined || !found.isFile()) return undefined
  const stamp = `${found.mtimeMs}:${found.ino}`
  const changedAtMs = Math.max(found.mtimeMs, found.ctimeMs)
  const settled = isSettled(address, { stamp: `${found.size}:${stamp}`, changedAtMs })
  return { name, address, bytes: found.size, stamp, isSettled: settled }
}

/** Names of the files and links in a folder, in order. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await listed(folder)
  return entries.filter(entry => !entry.isDirectory()).map(entry => entry.name)
}

/** Names of folders and files, in order; a link counts as what it leads to. */
export async function contentsOf(folder: string): Promise<{ folders: string[]; files: string[] }> {
  const entries = await listed(folder)
  const kinds = await mapGently(entries, async entry =>
    entry.isSymbolicLink() ? ((await statOrNothing(join(folder, entry.name))) ?? entry) : entry
  )
  const those = (isWanted: (kind: Pick<Dirent, 'isFile' | 'isDirectory'>) => boolean): string[] =>
    entries.filter((_, index) => isWanted(kinds[index]!)).map(entry => entry.name)
  return { folders: those(kind => kind.isDirectory()), files: those(kind => kind.isFile()) }
}

async function listed(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true })
  return entries.filter(entry => isListedName(entry.name)).toSorted(byName)
}

/** @returns undefined for a file that is not there, or not any more */
async function statOrNothing(path: string) {
  try {
    return await stat(path)
  } catch (error) {
    problemOf(path, error)
    return undefined
  }
}

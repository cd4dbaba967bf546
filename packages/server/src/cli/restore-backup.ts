import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { MillraceError } from '@millrace/common'
import { fenceJournal, runningWriter } from '@millrace/store'
import { backupFailed, besideName, fileDigest, makeFolder, sync, syncTree } from './backup-files.ts'
import { backupInvalid, type BackupManifest } from './backup-manifest.ts'
import { type VerifyOptions, verifyBackup } from './backup-verify.ts'
import { experimentJournalsIn, journalsFolder, journalsIn } from './journal-place.ts'
import { usageError } from './usage.ts'

/** What is restored, and where to. */
export interface RestoreRequest extends VerifyOptions {
  /** The backup's. */
  folder: string
  dataDir: string
  /** Whether a data folder that is not empty may be moved aside. */
  isForced: boolean
}

/** What a restore came to. */
export interface Restored {
  manifest: BackupManifest
  /** Where the former data folder is now; undefined when there was none. */
  movedTo: string | undefined
}

/**
 * Put a backup in the place of a data folder. The backup is checked first, then copied and checked again beside the data
 * folder, and moved into its place in one step; whenever the process dies, the data folder is as it was, or not there,
 * or whole. Whoever wrote the former journals acknowledges nothing any more, and the next writers have higher epochs.
 * @throws {MillraceError} MILL_BACKUP_INVALID; MILL_OPTION_INVALID for a data folder that is not empty;
 *   MILL_WRITER_TAKEN when somebody writes there; MILL_STORE_FAILED
 */
export async function restoreBackup({ folder, dataDir, isForced, ...options }: RestoreRequest): Promise<Restored> {
  const target = await placeOf(dataDir)
  await checkTarget(target, isForced)
  const manifest = await verifyBackup(folder, options)
  const unfinished = besideName(target, 'restoring')
  try {
    await copyFiles(folder, unfinished, manifest, options)
    await checkTarget(target, isForced)
    fenceAll(target, unfinished)
    await syncTree(unfinished)
    return { manifest, movedTo: await replace(target, unfinished) }
  } catch (error) {
    throw backupFailed(dataDir, error)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** The folder itself where a link leads to it. */
async function placeOf(dataDir: string): Promise<string> {
  return existsSync(dataDir) ? await realpath(dataDir) : resolve(dataDir)
}

/** Called again at the end: copying takes its time. */
async function checkTarget(target: string, isForced: boolean): Promise<void> {
  if (await isFree(target)) return
  for (const { learner, folder } of journalsIn(target)) {
    refuseWriter(folder, who => `learner ${learner} in ${target} is being taught by ${who}`)
  }
  for (const { folder } of experimentJournalsIn(target)) {
    refuseWriter(folder, who => `the experiments in ${target} are being written by ${who}`)
  }
  if (!isForced) throw usageError(`the data folder ${target} is not empty; --force moves it aside`)
}

/** @throws {MillraceError} MILL_WRITER_TAKEN when somebody writes a journal */
function refuseWriter(folder: string, told: (who: string) => string): void {
  const writer = runningWriter(folder)
  if (writer === undefined) return
  const who = writer.pid === undefined ? 'another process' : `process ${writer.pid} on ${writer.host}`
  const message = `${told(who)}; stop it, then restore`
  throw new MillraceError('MILL_WRITER_TAKEN', message, { details: { path: folder, ...writer } })
}

async function isFree(target: string): Promise<boolean> {
  try {
    return (await readdir(target)).length === 0
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return true
    throw backupFailed(target, error)
  }
}

async function copyFiles(
  folder: string,
  to: string,
  { files, learners }: BackupManifest,
  { signal }: VerifyOptions
): Promise<void> {
  await makeFolder(to)
  for (const { id } of learners) await mkdir(join(journalsFolder(to), id), { recursive: true })
  for (const { path, sha256 } of files) {
    signal.throwIfAborted()
    const copy = join(to, path)
    await mkdir(dirname(copy), { recursive: true })
    await copyFile(join(folder, path), copy)
    const copied = await fileDigest(copy, signal)
    if (copied.sha256 !== sha256) throw backupInvalid(folder, [`${path} changed while it was restored`])
  }
}

/** Epochs above all that there were, in the former data folder as in the backup. */
function fenceAll(target: string, restored: string): void {
  const former = new Map(allJournalsIn(target).map(({ name, folder }) => [name, fenceJournal(folder)]))
  for (const { name, folder } of allJournalsIn(restored)) fenceJournal(folder, (former.get(name) ?? 0) + 1)
}

function allJournalsIn(dataDir: string): { name: string; folder: string }[] {
  const learners = journalsIn(dataDir).map(({ learner, folder }) => ({ name: `journal/${learner}`, folder }))
  return [...learners, ...experimentJournalsIn(dataDir)]
}

/** @returns where the former folder went */
async function replace(target: string, unfinished: string): Promise<string | undefined> {
  if (await isFree(target)) {
    await rename(unfinished, target)
    await sync(dirname(target))
    return undefined
  }
  const aside = join(dirname(target), `${basename(target)}.before-restore-${randomBytes(4).toString('hex')}`)
  await rename(target, aside)
  try {
    await rename(unfinished, target)
  } catch (error) {
    await rename(aside, target)
    throw error
  }
  await sync(dirname(target))
  return aside
}

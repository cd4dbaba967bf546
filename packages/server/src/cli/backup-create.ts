import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { MillraceError } from '@millrace/common'
import { backupEmbeddedStore, copyJournal, verifyJournal } from '@millrace/store'
import { version } from '../version.ts'
import { backupFailed, besideName, contentOf, fileDigest, makeFolder, sync, syncTree } from './backup-files.ts'
import { type BackedUpLearner, type BackupManifest, manifestName, manifestText } from './backup-manifest.ts'
import { type VerifyOptions, verifyBackup } from './backup-verify.ts'
import { experimentJournalsIn, journalsFolder, journalsIn } from './journal-place.ts'
import { wholeReport } from './journal-whole.ts'
import { usageError } from './usage.ts'

/** What is backed up, and where to. */
export interface BackupRequest extends VerifyOptions {
  dataDir: string
  /** Does not exist yet, or is empty. */
  folder: string
  /** Milliseconds since 1970. */
  now: number
}

/**
 * Back up a data folder while services use it, as it is at one moment after the other: first series, cursors, registry
 * and pending predictions, then one learner after the other, then what experiments measured. So the learners know all that the cursors have passed, and
 * what they are told again after a restore they know by its ids. The folder appears under its name only when everything
 * in it is on the disk and has been read back and checked; when anything fails, nothing is left.
 * @throws {MillraceError} MILL_OPTION_INVALID for a folder that is in use or in a wrong place; MILL_STORE_FAILED;
 *   MILL_JOURNAL_DAMAGED or MILL_BACKUP_INVALID when the data folder is damaged
 */
export async function createBackup({ dataDir, folder, now, ...options }: BackupRequest): Promise<BackupManifest> {
  await checkPlace(dataDir, folder)
  const unfinished = besideName(folder, 'unfinished')
  try {
    await makeFolder(unfinished)
    await backupEmbeddedStore(dataDir, unfinished)
    const learners = await copyJournals(dataDir, unfinished, options)
    await copyExperiments(dataDir, unfinished, options)
    const created_at = new Date(now).toISOString()
    const files = await describeFiles(unfinished, options)
    const manifest: BackupManifest = { format: 1, millrace: version, created_at, learners, files }
    await writeFile(join(unfinished, manifestName), manifestText(manifest))
    await syncTree(unfinished)
    await verifyBackup(unfinished, options)
    await rename(unfinished, resolve(folder))
    await sync(dirname(resolve(folder)))
    return manifest
  } catch (error) {
    throw backupFailed(folder, error)
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** A backup within the data folder would be lost with it. */
async function checkPlace(dataDir: string, folder: string): Promise<void> {
  const way = relative(resolve(dataDir), resolve(folder))
  if (way === '' || !/^\.\.($|[/\\])/.test(way)) {
    throw usageError(`choose a folder outside the data folder ${dataDir}, got ${folder}`)
  }
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    if (error.code === 'ENOTDIR') throw usageError(`${folder} is a file; choose a folder`)
    throw backupFailed(folder, error)
  })
  if (names.length > 0) throw usageError(`${folder} is not empty; choose a folder that is, or one that does not exist`)
}

async function copyJournals(dataDir: string, to: string, { signal, clock }: VerifyOptions): Promise<BackedUpLearner[]> {
  const learners: BackedUpLearner[] = []
  for (const { learner, folder } of journalsIn(dataDir)) {
    // Copying blocks: between two journals, Ctrl-C is heard.
    await clock.turn()
    signal.throwIfAborted()
    checkWhole(folder, `learner ${learner}`)
    const copy = join(journalsFolder(to), learner)
    copyJournal(folder, copy)
    const { firstSequence, lastSequence } = verifyJournal(copy)
    learners.push({ id: learner, first_sequence: firstSequence, last_sequence: lastSequence })
  }
  return learners
}

/** After the registry: what it says of experiments is never newer than what was measured. */
async function copyExperiments(dataDir: string, to: string, { signal, clock }: VerifyOptions): Promise<void> {
  for (const { name, folder } of experimentJournalsIn(dataDir)) {
    await clock.turn()
    signal.throwIfAborted()
    checkWhole(folder, name)
    copyJournal(folder, join(to, name))
  }
}

/** A copy ends where records were lost: that must not go unseen. */
function checkWhole(folder: string, what: string): void {
  const { problems } = wholeReport(folder)
  if (problems.length === 0) return
  const sentences = problems.map(problem => `${what}: ${problem}`)
  throw new MillraceError('MILL_JOURNAL_DAMAGED', sentences.join('; '), { details: { problems: sentences } })
}

async function describeFiles(folder: string, { signal }: VerifyOptions): Promise<BackupManifest['files']> {
  const { files } = await contentOf(folder)
  const described: BackupManifest['files'][number][] = []
  for (const path of files) described.push({ path, ...(await fileDigest(join(folder, path), signal)) })
  return described
}

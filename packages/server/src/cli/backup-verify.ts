import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { verifyEmbeddedStore, verifyJournal } from '@millrace/store'
import { contentOf, fileDigest, type FolderContent, fsProblem } from './backup-files.ts'
import {
  type BackedUpFile,
  backupInvalid,
  type BackupManifest,
  manifestName,
  parseManifest
} from './backup-manifest.ts'
import type { CommandClock } from './command-process.ts'
import { experimentJournalsIn, journalsFolder } from './journal-place.ts'

/** What long work on a backup is given. */
export interface VerifyOptions {
  clock: Pick<CommandClock, 'turn'>
  /** Ends the work: it throws the signal's reason, or an AbortError. */
  signal: AbortSignal
}

/**
 * Check a backup from end to end: every file is read and compared with its size and checksum, every journal and every
 * database is checked besides. Changes nothing.
 * @throws {MillraceError} MILL_BACKUP_INVALID, with all problems in its details
 */
export async function verifyBackup(folder: string, options: VerifyOptions): Promise<BackupManifest> {
  const content = await contentIn(folder)
  const manifest = parseManifest(await manifestOf(folder, content), folder)
  const problems = [...strangers(content, manifest), ...(await fileProblems(folder, content, manifest, options))]
  // Where checksums do not fit, what is within a file tells nothing more.
  if (problems.length === 0) problems.push(...(await insideProblems(folder, manifest, options)))
  if (problems.length > 0) throw backupInvalid(folder, problems)
  return manifest
}

async function contentIn(folder: string): Promise<FolderContent> {
  try {
    return await contentOf(folder)
  } catch (error) {
    throw backupInvalid(folder, [fsProblem(error)])
  }
}

async function manifestOf(folder: string, { files }: FolderContent): Promise<string> {
  if (!files.includes(manifestName)) {
    throw backupInvalid(folder, [`there is no ${manifestName}, so it is no backup, or not a whole one`])
  }
  try {
    return await readFile(join(folder, manifestName), 'utf8')
  } catch (error) {
    throw backupInvalid(folder, [`${manifestName} ${fsProblem(error)}`])
  }
}

/** What nobody backed up: somebody has worked in the folder since. */
function strangers({ files, others }: FolderContent, manifest: BackupManifest): string[] {
  const known = new Set([manifestName, ...manifest.files.map(({ path }) => path)])
  return [
    ...files.filter(path => !known.has(path)).map(path => `${path} is not in the ${manifestName}`),
    ...others.map(path => `${path} is neither a file nor a folder`)
  ]
}

async function fileProblems(
  folder: string,
  content: FolderContent,
  { files }: BackupManifest,
  { signal }: VerifyOptions
): Promise<string[]> {
  const found = new Set(content.files)
  const problems: string[] = []
  for (const file of files) {
    const problem = found.has(file.path) ? await changeOf(folder, file, signal) : 'is missing'
    if (problem !== undefined) problems.push(`${file.path} ${problem}`)
  }
  return problems
}

async function changeOf(folder: string, file: BackedUpFile, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { bytes, sha256 } = await fileDigest(join(folder, file.path), signal)
    if (bytes !== file.bytes) return `has ${bytes} bytes instead of ${file.bytes}`
    return sha256 === file.sha256 ? undefined : 'was changed: its SHA-256 is another one'
  } catch (error) {
    signal.throwIfAborted()
    return fsProblem(error)
  }
}

/** What checksums do not show: files that were bad when they were backed up, or a manifest of something else. */
async function insideProblems(
  folder: string,
  { learners }: BackupManifest,
  { clock, signal }: VerifyOptions
): Promise<string[]> {
  const problems = verifyEmbeddedStore(folder)
  for (const { id, first_sequence, last_sequence } of learners) {
    // Checking blocks: between two journals, Ctrl-C is heard.
    await clock.turn()
    signal.throwIfAborted()
    const report = verifyJournal(join(journalsFolder(folder), id))
    problems.push(...report.problems.map(problem => `learner ${id}: ${problem}`))
    if (report.firstSequence !== first_sequence || report.lastSequence !== last_sequence) {
      const found = `records ${report.firstSequence} to ${report.lastSequence}`
      problems.push(`learner ${id} has ${found} instead of ${first_sequence} to ${last_sequence}`)
    }
  }
  for (const { name, folder: journal } of experimentJournalsIn(folder)) {
    await clock.turn()
    signal.throwIfAborted()
    problems.push(...verifyJournal(journal).problems.map(problem => `${name}: ${problem}`))
  }
  return problems
}

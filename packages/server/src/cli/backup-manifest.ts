import { createHash } from 'node:crypto'
import { MillraceError } from '@millrace/common'

/** The file in a backup that tells what the backup holds. */
export const manifestName = 'manifest.json'
const knownFormat = 1

/** A file of a backup. */
export interface BackedUpFile {
  /** Relative to the backup's folder, with slashes. */
  path: string
  bytes: number
  /** Hexadecimal. */
  sha256: string
}

/** How much of a learner's journal a backup holds. */
export interface BackedUpLearner {
  id: string
  /** Position of the first record that is kept. */
  first_sequence: number
  /** Position of the last record. */
  last_sequence: number
}

/** What a backup says of itself. */
export interface BackupManifest {
  format: typeof knownFormat
  /** Version of Millrace that made the backup. */
  millrace: string
  /** ISO 8601. */
  created_at: string
  /** In the order of the ids. */
  learners: readonly BackedUpLearner[]
  /** All but the manifest, in the order of the paths. */
  files: readonly BackedUpFile[]
}

/** A backup that cannot be used, or could not be made. */
export function backupInvalid(folder: string, problems: readonly string[]): MillraceError {
  return new MillraceError('MILL_BACKUP_INVALID', `backup ${folder}: ${problems.join('; ')}`, {
    details: { folder, problems: problems.map(problem => `${folder}: ${problem}`) }
  })
}

/** The manifest as the text of its file, with a checksum of itself. */
export function manifestText({ format, millrace, created_at, learners, files }: BackupManifest): string {
  const content = { format, millrace, created_at, learners, files }
  const sha256 = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  return `${JSON.stringify({ ...content, sha256 }, null, 2)}\n`
}

/**
 * Read what {@link manifestText} wrote.
 * @param folder the backup's, for the message
 * @throws {MillraceError} MILL_BACKUP_INVALID for any other text
 */
export function parseManifest(text: string, folder: string): BackupManifest {
  const value = parsed(text)
  if (!isRecord(value) || !Number.isInteger(value['format'])) throw notOurs(folder)
  const format = Number(value['format'])
  if (format > knownFormat) {
    const problem = `was made by a newer Millrace: it has format ${format}, this one knows up to ${knownFormat}`
    throw backupInvalid(folder, [problem])
  }
  if (!isManifest(value)) throw notOurs(folder)
  if (manifestText(value) !== text) throw backupInvalid(folder, [`${manifestName} was changed after it was written`])
  return value
}

function notOurs(folder: string): MillraceError {
  return backupInvalid(folder, [`${manifestName} is not the manifest of a backup`])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isManifest(value: Record<string, unknown>): value is Record<string, unknown> & BackupManifest {
  const { format, millrace, created_at, learners, files } = value
  return (
    format === knownFormat &&
    typeof millrace === 'string' &&
    typeof created_at === 'string' &&
    Array.isArray(learners) &&
    learners.every(isLearner) &&
    Array.isArray(files) &&
    files.every(isFile)
  )
}

function isLearner(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value['id'] === 'string' &&
    isCount(value['first_sequence']) &&
    isCount(value['last_sequence'])
  )
}

function isFile(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { path, bytes, sha256 } = value
  return typeof path === 'string' && isWithin(path) && isCount(bytes) && /^[\da-f]{64}$/.test(String(sha256))
}

/** Whether a path stays within the folder that it is relative to, on every system. */
function isWithin(path: string): boolean {
  return path.split('/').every(part => part !== '' && part !== '.' && part !== '..' && !/[\\:\0]/.test(part))
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 0
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

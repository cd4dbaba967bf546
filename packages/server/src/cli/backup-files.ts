import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readdir } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { MillraceError } from '@millrace/common'

/** What lies in a folder, at any depth: paths relative to it, with slashes, in order. */
export interface FolderContent {
  files: string[]
  folders: string[]
  /** Neither: links, pipes and the like. */
  others: string[]
}

/** Looks at everything below `folder`, and follows no links. */
export async function contentOf(folder: string): Promise<FolderContent> {
  const content: FolderContent = { files: [], folders: [], others: [] }
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/')
    const kind = entry.isFile() ? content.files : entry.isDirectory() ? content.folders : content.others
    kind.push(path)
  }
  for (const paths of [content.files, content.folders, content.others]) paths.sort()
  return content
}

/** The size and the SHA-256 (hexadecimal) of a file, read from beginning to end. */
export async function fileDigest(path: string, signal?: AbortSignal): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(
    createReadStream(path, { highWaterMark: 1 << 20 }),
    async chunks => {
      for await (const chunk of chunks as AsyncIterable<Buffer>) {
        bytes += chunk.length
        hash.update(chunk)
      }
    },
    { ...(signal && { signal }) }
  )
  return { bytes, sha256: hash.digest('hex') }
}

/** Make the whole content of a folder durable: its files, then the names of them. */
export async function syncTree(folder: string): Promise<void> {
  const { files, folders } = await contentOf(folder)
  // The deepest folders first, so that no name is durable before what it leads to.
  for (const path of [...files, ...folders.toReversed()]) await sync(join(folder, path))
  await sync(folder)
}

/** Make a file durable, or the names in a folder. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Make a new folder, and those that it is in. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  // By itself: Node.js says of the last step only that something does not exist, even on a read-only disk.
  await mkdir(path)
}

/** A name for a new folder beside `folder`, on the same disk, which nobody else uses. */
export function besideName(folder: string, purpose: string): string {
  const path = resolve(folder)
  return join(dirname(path), `.${basename(path)}.${purpose}-${randomBytes(4).toString('hex')}`)
}

/** What helps against what the file system said, by its code. */
const advice = new Map([
  ['EACCES', 'is not accessible for this user'],
  ['EBUSY', 'is in use as a mount point, which cannot be replaced; choose a folder below it'],
  ['EDQUOT', 'does not fit: the quota is used up'],
  ['EIO', 'cannot be read or written: the disk fails'],
  ['ENOENT', 'does not exist'],
  ['ENOSPC', 'does not fit: the disk is full'],
  ['ENOTDIR', 'is a file where a folder must be'],
  ['EPERM', 'is not accessible for this user'],
  ['EROFS', 'is on a file system that is read-only'],
  ['EXDEV', 'is a mount point, which cannot be replaced; choose a folder below it']
])

/** An error of the file system as the end of a sentence about a file or folder. */
export function fsProblem(error: unknown): string {
  const code = codeOf(error)
  return advice.get(code) ?? `cannot be read or written: ${code === '' ? String(error) : code}`
}

/** The error to raise instead of `error` about work on the folder: one of the file system as MILL_STORE_FAILED. */
export function backupFailed(folder: string, error: unknown): unknown {
  const code = codeOf(error)
  if (error instanceof MillraceError || !(error instanceof Error) || !('syscall' in error)) return error
  // What was to be replaced says more than what was to replace it.
  const { path = folder, dest = path } = error as NodeJS.ErrnoException & { dest?: string }
  return new MillraceError('MILL_STORE_FAILED', `${dest} ${fsProblem(error)} (${code})`, {
    cause: error,
    details: { path: dest, reason: code }
  })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}

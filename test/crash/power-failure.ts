import {
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  type Stats,
  statSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import path from 'node:path'
import type { PythonRandom } from '@millrace/common'

/** What was made durable: the beginning of a file, or the names in a folder. */
export type Synced = SyncedFile | { folder: string; names: Record<string, string> }

interface SyncedFile {
  /** See {@link identityOf}. */
  file: string
  size: number
  /** In base64, of small files. */
  content?: string
}

/** What a file is known by while its names change. */
function identityOf({ ino, birthtimeMs }: Pick<Stats, 'ino' | 'birthtimeMs'>): string {
  return `${ino} ${birthtimeMs}`
}

/** Files up to this size are changed in place, so that their content matters and not only how long they are. */
const wholeUpTo = 4096

/**
 * Make of the journals below `folder` what a power failure could have left of them: files that no sync of their folder
 * knew may be gone, and what was not synced of a file may be missing from any point on, or be zeros. What was synced
 * stays. A killed process alone loses none of that, since the system still has it.
 * @param log the file that `preload/log-syncs.ts` wrote; afterwards it says that what is left is synced
 */
export function powerFailure(folder: string, log: string, random: PythonRandom): void {
  const { files, folders } = readLog(log)
  for (const learner of foldersIn(folder)) {
    const names = folders.get(learner) ?? {}
    for (const name of readdirSync(learner)) {
      const file = path.join(learner, name)
      const stats = statSync(file)
      const identity = identityOf(stats)
      if (names[name] !== identity && random.random() < 0.5) rmSync(file)
      else forget(file, { size: stats.size, synced: files.get(identity) }, random)
    }
  }
  const left = foldersIn(folder).flatMap(learner => [
    lookAt(learner),
    ...readdirSync(learner).map(name => lookAt(path.join(learner, name)))
  ])
  writeFileSync(log, left.map(synced => `${JSON.stringify(synced)}\n`).join(''))
}

/** What a sync of the file or folder that begins now makes durable. */
export function lookAt(name: string): Synced {
  const stats = statSync(name)
  if (stats.isDirectory()) {
    const names = readdirSync(name).map(entry => [entry, identityOf(statSync(path.join(name, entry)))])
    return { folder: name, names: Object.fromEntries(names) as Record<string, string> }
  }
  const { size } = stats
  const content = size <= wholeUpTo ? { content: readFileSync(name, 'base64') } : {}
  return { file: identityOf(stats), size, ...content }
}

function readLog(log: string) {
  const files = new Map<string, SyncedFile>()
  const folders = new Map<string, Record<string, string>>()
  for (const line of existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : []) {
    const synced = JSON.parse(line) as Synced
    if ('file' in synced) files.set(synced.file, synced)
    else folders.set(synced.folder, synced.names)
  }
  return { files, folders }
}

function foldersIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).map(name => path.join(folder, name)) : []
}

/** Take away some or all of what was not synced. */
function forget(
  file: string,
  { size, synced }: { size: number; synced: SyncedFile | undefined },
  random: PythonRandom
): void {
  if (/-(wal|shm|journal)$|\.(lock|db)$/.test(file)) return // of SQLite, which is a lock here and holds nothing
  const kept = synced?.size ?? 0
  if (synced?.content !== undefined && size <= wholeUpTo) {
    if (random.random() < 0.7) writeFileSync(file, Buffer.from(synced.content, 'base64'))
    return
  }
  if (size <= kept) return
  const left = random.random() < 0.5 ? kept : random.randint(kept, size)
  if (random.random() < 0.3) {
    // The system may have noted the new length of a file before it wrote what is there.
    const bytes = readFileSync(file)
    bytes.fill(0, left)
    writeFileSync(file, bytes)
  } else truncateSync(file, left)
}

import { createHash, hash } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { atMost } from './at-most.ts'
import type { FoundFile } from './found-model.ts'

/** Small enough that hashing one piece holds up nothing else: about a quarter of a millisecond. */
const pieceBytes = 256 * 2 ** 10
/** A file changed so recently may change once more and look the same, since clocks of file systems tick slowly. */
const tickMs = 100

/** More at once would only take memory. */
const mostAtOnce = 2

/** SHA-256 of files, each read once for as long as it looks the same. */
export interface FileHashes {
  /** In hexadecimal. Rejects with the error of the file system. */
  of(path: string): Promise<string>
  /** Forget all files but these. */
  retain(paths: ReadonlySet<string>): void
}

/** @param now milliseconds since 1970, by the clock that stamps files */
export function fileHashes(now: () => number = Date.now): FileHashes {
  const limited = atMost(mostAtOnce)
  const known = new Map<string, { look: string; sha256: Promise<string> }>()
  return {
    async of(path) {
      const { size, mtimeMs, ctimeMs, ino } = await stat(path)
      const look = `${size}:${mtimeMs}:${ctimeMs}:${ino}`
      const entry = known.get(path)
      if (entry?.look === look) return entry.sha256
      const sha256 = limited(() => hashFile(path))
      const isOld = now() - Math.max(mtimeMs, ctimeMs) > tickMs
      if (isOld) known.set(path, { look, sha256 })
      sha256.catch(() => known.delete(path))
      return sha256
    },
    retain(paths) {
      for (const path of known.keys()) if (!paths.has(path)) known.delete(path)
    }
  }
}

/** SHA-256 of a file in hexadecimal, read piece by piece. */
export async function hashFile(path: string): Promise<string> {
  await using file = await open(path)
  const digest = createHash('sha256')
  const { size } = await file.stat()
  const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size + 1))
  for (;;) {
    const { bytesRead } = await file.read(piece, 0, piece.length)
    if (bytesRead === 0) return digest.digest('hex')
    digest.update(piece.subarray(0, bytesRead))
  }
}

/** SHA-256 over the names and contents of files: equal only for equal content. */
export function digestOf(files: readonly (Pick<FoundFile, 'name'> & { sha256: string })[]): string {
  return hash('sha256', files.map(({ name, sha256 }) => `${name}\0${sha256}\n`).join(''))
}

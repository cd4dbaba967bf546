import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { isObject } from '../check-json.ts'
import { codeOf } from '../source-errors.ts'
import type { BucketObject } from './bucket.ts'

/** Keep what a bucket listed. When this resolves the whole of it is on the disk. */
export async function saveListing(path: string, objects: readonly BucketObject[]): Promise<void> {
  // Among the objects, where what was left half done is swept away.
  const folder = join(dirname(path), 'objects')
  const temporary = join(folder, `listing.${randomUUID()}.partial`)
  try {
    await mkdir(folder, { recursive: true })
    await writeFile(temporary, JSON.stringify({ objects }), { flush: true })
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** @returns undefined if nothing was kept, or nothing that can be read */
export async function readListing(path: string): Promise<BucketObject[] | undefined> {
  try {
    const saved: unknown = JSON.parse(await readFile(path, 'utf8'))
    const objects = isObject(saved) ? saved['objects'] : undefined
    return Array.isArray(objects) && objects.every(isBucketObject) ? objects : undefined
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function isBucketObject(value: unknown): value is BucketObject {
  if (!isObject(value)) return false
  const { key, bytes, etag } = value
  return typeof key === 'string' && typeof bytes === 'number' && typeof etag === 'string'
}

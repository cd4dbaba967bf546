import { hash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { atMost } from '../at-most.ts'
import { codeOf } from '../source-errors.ts'
import type { Bucket, BucketObject } from './bucket.ts'

/** Downloads at the same time. */
const mostDownloads = 4
/** What is not listed any more is kept for so long, since somebody may be about to read it. */
const graceMs = 3_600_000

/**
 * Objects on the local disk, each under a name made of its key and ETag, and versions as folders of links to them. All
 * that can be seen is whole: files get their names when every byte is on the disk. Processes may share a folder.
 */
export class ObjectCache {
  readonly #folder: string
  readonly #now: () => number
  readonly #limited = atMost(mostDownloads)
  readonly #running = new Map<string, Promise<string>>()
  /** Since when what lies here is not listed, by path. */
  readonly #unlistedSince = new Map<string, number>()

  constructor({ folder, now }: { folder: string; now: () => number }) {
    this.#folder = folder
    this.#now = now
  }

  /** Where an object lies here; undefined if it does not. */
  async find(object: BucketObject): Promise<string | undefined> {
    const path = this.pathOf(object)
    try {
      return (await stat(path)).size === object.bytes ? path : undefined
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  }

  /** Bring an object here unless it is. Several who ask for the same wait for one download. @returns its path */
  bring(object: BucketObject, bucket: Bucket): Promise<string> {
    const path = this.pathOf(object)
    const running = this.#running.get(path)
    if (running !== undefined) return running
    const started = this.#bring(object, bucket).finally(() => this.#running.delete(path))
    this.#running.set(path, started)
    return started
  }

  async #bring(object: BucketObject, bucket: Bucket): Promise<string> {
    const found = await this.find(object)
    if (found !== undefined) return found
    const path = this.pathOf(object)
    const temporary = `${path}.${randomUUID()}.partial`
    try {
      await mkdir(join(this.#folder, 'objects'), { recursive: true })
      await this.#limited(() => bucket.download(object, temporary))
      await rename(temporary, path)
      return path
    } finally {
      await rm(temporary, { force: true })
    }
  }

  /** Forget an object and the folder it is in, so that it is downloaded again. */
  async drop(object: BucketObject, stamp: string): Promise<void> {
    await rm(this.pathOf(object), { force: true })
    await rm(this.#folderOf(stamp), { recursive: true, force: true })
  }

  /** A folder that holds files under their own names. @param files all of them brought here before */
  async arrange(stamp: string, files: readonly { name: string; path: string }[]): Promise<string> {
    const folder = this.#folderOf(stamp)
    if (existsSync(folder)) return folder
    const temporary = `${folder}.${randomUUID()}.partial`
    try {
      await mkdir(temporary, { recursive: true })
      for (const { name, path } of files) await linkOrCopy(path, join(temporary, name))
      await rename(temporary, folder)
    } catch (error) {
      // Another process has put the same there.
      if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'EEXIST') throw error
    } finally {
      await rm(temporary, { recursive: true, force: true })
    }
    return folder
  }

  /** Remove what has not been listed for an hour. */
  async sweep(objects: readonly BucketObject[], stamps: readonly string[]): Promise<void> {
    const listed = new Set([
      ...objects.map(object => this.pathOf(object)),
      ...stamps.map(stamp => this.#folderOf(stamp))
    ])
    for (const path of await this.#all()) {
      if (listed.has(path)) this.#unlistedSince.delete(path)
      else await this.#sweepOne(path)
    }
  }

  async #sweepOne(path: string): Promise<void> {
    const since = this.#unlistedSince.get(path) ?? this.#now()
    this.#unlistedSince.set(path, since)
    if (this.#now() - since < graceMs) return
    await rm(path, { recursive: true, force: true })
    this.#unlistedSince.delete(path)
  }

  async #all(): Promise<string[]> {
    const kinds = ['objects', 'versions'].map(async kind => {
      const folder = join(this.#folder, kind)
      await mkdir(folder, { recursive: true })
      return (await readdir(folder)).map(name => join(folder, name))
    })
    return (await Promise.all(kinds)).flat()
  }

  #folderOf(stamp: string): string {
    return join(this.#folder, 'versions', stamp)
  }

  /** Where an object lies, or will lie. */
  pathOf({ key, etag, bytes }: BucketObject): string {
    return join(this.#folder, 'objects', hash('sha256', `${key}\0${etag}\0${bytes}`))
  }
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch {
    await copyFile(from, to)
  }
}

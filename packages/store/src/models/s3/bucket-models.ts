import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MillraceError } from '@millrace/common'
import { digestOf, hashFile } from '../file-hashes.ts'
import type { FileReader, FoundFile, FoundModel, FoundRepository, FoundVersion } from '../found-model.ts'
import { isPickled, type JudgedVersion } from '../judge-version.ts'
import type { VersionFiles } from '../model-source.ts'
import { arrangeObjects, toFile } from './bucket-layout.ts'
import { bucketProblem, isForbidden, isPassing } from './bucket-errors.ts'
import type { Bucket, BucketObject } from './bucket.ts'
import { ObjectCache } from './object-cache.ts'
import { readListing, saveListing } from './saved-listing.ts'

/** The models of a bucket, with a cache on the local disk. Rejects with the errors of the client or the disk. */
export class BucketModels {
  readonly #key: string
  readonly #folder: string
  readonly #open: () => Promise<Bucket>
  readonly #cache: ObjectCache
  #bucket: Promise<Bucket> | undefined
  /** What was found the last time, by key. */
  #objects = new Map<string, BucketObject>()
  /** SHA-256 of what was downloaded, by the path in the cache. */
  readonly #hashes = new Map<string, string>()
  #saved = ''

  constructor(options: { key: string; folder: string; now: () => number; open: () => Promise<Bucket> }) {
    const { key, folder, now, open } = options
    this.#key = key.replace(/^\/+/, '')
    this.#folder = folder
    this.#open = open
    this.#cache = new ObjectCache({ folder, now })
  }

  /** Reads what was found the last time; metadata come from the cache, or are downloaded. */
  get reader(): FileReader {
    return {
      text: async file => readFile(await this.#bringJson(file), 'utf8'),
      sha256: async file => this.#hashes.get(this.#cache.pathOf(this.#objectOf(file)))
    }
  }

  /** Everything that is in the bucket now. */
  async find(): Promise<FoundRepository> {
    if (isPickled(this.#key)) return { models: [], files: [toFile({ key: this.#key, bytes: 1, etag: '' })] }
    const objects = await this.#listed()
    this.#objects = new Map(objects.map(object => [object.key, object]))
    return this.#arrange(objects)
  }

  /** Keep on the disk what was found, and remove what has not been found for long. @param stamps of all versions */
  async keep(stamps: readonly string[]): Promise<void> {
    const objects = [...this.#objects.values()]
    const text = JSON.stringify(objects)
    if (text !== this.#saved) await saveListing(this.#listingPath, objects)
    this.#saved = text
    await this.#cache.sweep(objects, stamps)
    const listed = new Set(objects.map(object => this.#cache.pathOf(object)))
    for (const path of this.#hashes.keys()) if (!listed.has(path)) this.#hashes.delete(path)
  }

  /** What was found before, perhaps by another process, as far as it can be had without the bucket. */
  async recall(): Promise<FoundRepository | undefined> {
    const before = this.#objects
    const objects = await readListing(this.#listingPath)
    // What was found while that was read is newer.
    if (objects === undefined || this.#objects !== before) return undefined
    this.#objects = new Map(objects.map(object => [object.key, object]))
    const { models, files, ...rest } = this.#arrange(objects)
    const isHere = (await this.#areHere(files)) && files.length > 0
    return {
      ...rest,
      models: await Promise.all(models.map(model => this.#asCached(model))),
      files: isHere ? files : []
    }
  }

  /** Bring a version to the local disk. */
  async bring({ files, main, kind, metadata, sourced }: JudgedVersion): Promise<VersionFiles> {
    const expected = (file: FoundFile): string | undefined => (file === main ? metadata.sha256 : undefined)
    const brought = await Promise.all(
      files.map(file => this.#bringChecked(file, { sha256: expected(file), stamp: sourced.stamp }))
    )
    const folder = await this.#cache.arrange(sourced.stamp, brought)
    const { sha256 } = brought.find(({ name }) => name === main!.name)!
    return { kind, path: join(folder, main!.name), sha256, digest: digestOf(brought), bytes: main!.bytes, metadata }
  }

  async close(): Promise<void> {
    const bucket = await this.#bucket?.catch(() => undefined)
    bucket?.close()
  }

  get #listingPath(): string {
    return join(this.#folder, 'listing.json')
  }

  /** The client is loaded with the first use; a failure to load it is not kept. */
  #opened(): Promise<Bucket> {
    this.#bucket ??= this.#open()
    this.#bucket.catch(() => (this.#bucket = undefined))
    return this.#bucket
  }

  get #isOneFile(): boolean {
    return /\.onnx$/i.test(this.#key)
  }

  async #listed(): Promise<BucketObject[]> {
    const bucket = await this.#opened()
    if (!this.#isOneFile) return bucket.list(this.#prefix)
    const main = await bucket.look(this.#key)
    if (main === undefined) throw new MillraceError('MILL_SOURCE_FAILED', `it has no object ${this.#key}`)
    const beside = ['model_metadata.json', 'metadata.json'].map(name => this.#prefix + name)
    const found = await Promise.all([...beside, `${this.#key}.data`].map(key => lookIfAllowed(bucket, key)))
    return [main, ...found.filter(object => object !== undefined)]
  }

  /** That of the folder, or the one that a file is in. */
  get #prefix(): string {
    if (this.#isOneFile) return this.#key.slice(0, this.#key.lastIndexOf('/') + 1)
    return this.#key === '' || this.#key.endsWith('/') ? this.#key : `${this.#key}/`
  }

  #arrange(objects: readonly BucketObject[]): FoundRepository {
    const found = arrangeObjects(this.#prefix, objects)
    return this.#isOneFile ? { ...found, unnamed: this.#objectNamed(this.#key).etag.slice(0, 12) || '1' } : found
  }

  #objectNamed(key: string): BucketObject {
    return this.#objects.get(key)!
  }

  #objectOf(file: FoundFile): BucketObject {
    return { key: file.address, bytes: file.bytes, etag: file.stamp }
  }

  /** A file that is refused for good is a fault of its version; any other failure is one of the bucket. */
  async #bringJson(file: FoundFile): Promise<string> {
    try {
      return await this.#cache.bring(this.#objectOf(file), await this.#opened())
    } catch (error) {
      if (isPassing(error) || !isForbidden(error)) throw error
      throw new MillraceError('MILL_MODEL_INVALID', `${file.name} cannot be read: ${bucketProblem(error)}`)
    }
  }

  /** A file that lay in the cache and is not what it should be is downloaded once more. */
  async #bringChecked(
    file: FoundFile,
    { sha256, stamp }: { sha256: string | undefined; stamp: string }
  ): Promise<{ name: string; path: string; sha256: string }> {
    const object = this.#objectOf(file)
    const wasCached = (await this.#cache.find(object)) !== undefined
    const brought = await this.#bringHashed(object)
    if (!wasCached || sha256 === undefined || brought.sha256 === sha256) return { name: file.name, ...brought }
    await this.#cache.drop(object, stamp)
    this.#hashes.delete(brought.path)
    return { name: file.name, ...(await this.#bringHashed(object)) }
  }

  async #bringHashed(object: BucketObject): Promise<{ path: string; sha256: string }> {
    const path = (await this.#cache.find(object)) ?? (await this.#cache.bring(object, await this.#opened()))
    const sha256 = this.#hashes.get(path) ?? (await hashFile(path))
    this.#hashes.set(path, sha256)
    return { path, sha256 }
  }

  async #asCached(model: FoundModel): Promise<FoundModel> {
    const config = model.config && (await this.#areHere([model.config])) ? model.config : undefined
    return { ...model, config, versions: await Promise.all(model.versions.map(one => this.#versionAsCached(one))) }
  }

  async #versionAsCached(version: FoundVersion): Promise<FoundVersion> {
    if (await this.#areHere(version.files)) return version
    return { ...version, problem: 'was not downloaded before the bucket went away' }
  }

  async #areHere(files: readonly FoundFile[]): Promise<boolean> {
    const found = await Promise.all(files.map(file => this.#cache.find(this.#objectOf(file))))
    return found.every(path => path !== undefined)
  }
}

/** Who may not list a bucket is not told that an object is missing, but that it is forbidden. */
async function lookIfAllowed(bucket: Bucket, key: string): Promise<BucketObject | undefined> {
  try {
    return await bucket.look(key)
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

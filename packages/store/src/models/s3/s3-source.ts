import { hash } from 'node:crypto'
import { join } from 'node:path'
import { MillraceError } from '@millrace/common'
import { exponentialBackoff } from '../../redis/backoff.ts'
import { type DescribedModel, describeRepository } from '../describe-repository.ts'
import type { JudgedVersion } from '../judge-version.ts'
import { ListingWatch, type Look } from '../listing-watch.ts'
import type { ModelSource, SourcedModel, VersionFiles } from '../model-source.ts'
import { notWhole, type SourceLogger, SourceProblem, versionNotFound } from '../source-errors.ts'
import { type BucketOptions, openBucket } from './bucket.ts'
import { bucketProblem, isGone } from './bucket-errors.ts'
import { BucketModels } from './bucket-models.ts'
import { isDoneWithin } from './is-done-within.ts'

/** Which objects of a bucket are models, and where to keep them. */
export interface S3SourceOptions extends BucketOptions {
  /**
   * A prefix of `<model>/<version>/model.onnx`, or the key of one ONNX file. The latter may have `metadata.json` or
   * `model_metadata.json` beside it.
   */
  readonly key: string
  /** Folder on the local disk for what was downloaded. Processes may share it. */
  readonly cacheDir: string
  /** Milliseconds between two looks at the bucket, unless one is asked for. */
  readonly ttlMs: number
  /**
   * Milliseconds after which a bucket that does not answer is not waited for any more: what it listed last goes on
   * until it does. `unknownMs` more while nothing is known of it.
   */
  readonly patience?: { readonly knownMs: number; readonly unknownMs: number }
  readonly log?: SourceLogger | undefined
  /** Milliseconds since 1970. */
  readonly now?: () => number
}

/**
 * Models in a bucket of S3, or of what speaks its language. Only metadata are downloaded for a listing, the models when
 * they are fetched, and each content once. While the bucket cannot be reached, what it listed last goes on, even after
 * a restart. The client of S3 is loaded with the first call.
 */
export function s3Source(options: S3SourceOptions): ModelSource {
  return new S3Source(options)
}

/** After a failure, or while a version is not whole, the bucket is looked at sooner than after its time. */
const soonMs = exponentialBackoff({ firstMs: 500, longestMs: 30_000 })

/** Milliseconds between two questions whether a look that nobody waits for is done. */
const overdueMs = 500

const standardPatience = { knownMs: 3000, unknownMs: 10_000 }

class S3Source implements ModelSource {
  readonly location: string
  readonly #options: S3SourceOptions
  readonly #now: () => number
  readonly #problem: SourceProblem
  readonly #models: BucketModels
  readonly #watch: ListingWatch
  #described: readonly DescribedModel[] | undefined
  #looking: Promise<void> | undefined
  #expiresAt = -Infinity
  /** Whether the look that is under way takes so long that nobody waits for it. */
  #isOverdue = false
  /** Looks in a row that left something to be desired. */
  #poorLooks = 0

  constructor(options: S3SourceOptions) {
    const { bucket, key, endpoint = '', cacheDir, now = Date.now, log } = options
    this.location = `s3://${bucket}/${key}`
    this.#options = options
    this.#now = now
    this.#problem = new SourceProblem(this.location, log)
    const folder = join(cacheDir, `${bucket}-${hash('sha256', `${endpoint}\0${bucket}\0${key}`).slice(0, 12)}`)
    this.#models = new BucketModels({ key, folder, now, open: () => openBucket(options) })
    this.#watch = new ListingWatch({ look: () => this.#look(), debounceMs: 0 })
  }

  async list({ isFresh = false }: { readonly isFresh?: boolean } = {}): Promise<SourcedModel[]> {
    if (isFresh || this.#now() >= this.#expiresAt) await this.#refreshPatiently(isFresh)
    if (this.#described === undefined) throw this.#failed()
    const listing = this.#described.map(model => model.sourced)
    this.#watch.seen(JSON.stringify(listing))
    return listing
  }

  async fetch(model: string, version: string): Promise<VersionFiles> {
    if (this.#described === undefined) await this.list()
    try {
      return await this.#fetch(model, version)
    } catch (error) {
      if (!isGone(error)) throw this.#fetchFailed(error, `${model}/${version}`)
    }
    // What was listed has been replaced since.
    await this.list({ isFresh: true })
    try {
      return await this.#fetch(model, version)
    } catch (error) {
      throw this.#fetchFailed(error, `${model}/${version}`)
    }
  }

  watch(changed: () => void): () => void {
    return this.#watch.add(changed)
  }

  problem(): string | undefined {
    return this.#problem.text
  }

  async close(): Promise<void> {
    this.#watch.close()
    await this.#models.close()
    await this.#looking
  }

  async #look(): Promise<Look> {
    const listing = await this.list().catch(() => undefined)
    const fingerprint = listing && JSON.stringify(listing)
    return { fingerprint, nextMs: this.#isOverdue ? overdueMs : Math.max(1, this.#expiresAt - this.#now()) }
  }

  /** A bucket that does not answer must not hold up the start of a service, nor what other sources have. */
  async #refreshPatiently(isFresh: boolean): Promise<void> {
    if (this.#isOverdue) return
    const { patience = standardPatience } = this.#options
    const refresh = this.#refresh(isFresh)
    if (await isDoneWithin(refresh, patience.knownMs)) return
    if (this.#described === undefined) {
      const recalled = await this.#recall()
      this.#described ??= recalled
    }
    if (this.#described === undefined && (await isDoneWithin(refresh, patience.unknownMs))) return
    if (this.#looking === undefined) return
    this.#isOverdue = true
    void this.#looking.then(() => (this.#isOverdue = false))
    this.#problem.text = `bucket ${this.#options.bucket} cannot be read: it does not answer in time`
  }

  /** One look at a time; who needs a fresh one waits for one that began after the call. */
  async #refresh(isFresh: boolean): Promise<void> {
    if (isFresh) await this.#looking
    this.#looking ??= this.#lookAtBucket().finally(() => (this.#looking = undefined))
    await this.#looking
  }

  /** Never rejects: what was found before stays. */
  async #lookAtBucket(): Promise<void> {
    try {
      const found = await this.#models.find()
      this.#described = await describeRepository(found, this.#models.reader, this.#described)
      this.#problem.text = undefined
      await this.#keep(this.#described)
    } catch (error) {
      this.#problem.text = `bucket ${this.#options.bucket} cannot be read: ${bucketProblem(error)}`
      this.#described ??= await this.#recall()
    }
    this.#schedule()
  }

  async #keep(described: readonly DescribedModel[]): Promise<void> {
    try {
      await this.#models.keep(described.flatMap(model => model.versions.map(version => version.sourced.stamp)))
    } catch (error) {
      const problem = bucketProblem(error)
      this.#options.log?.warn({ location: this.location, problem }, 'the list of models cannot be kept')
    }
  }

  /** What the bucket listed last, as far as it is on the local disk. */
  async #recall(): Promise<readonly DescribedModel[] | undefined> {
    try {
      const found = await this.#models.recall()
      return found && (await describeRepository(found, this.#models.reader))
    } catch {
      return undefined
    }
  }

  #schedule(): void {
    const versions = (this.#described ?? []).flatMap(model => model.versions)
    const isPoor = this.#problem.text !== undefined || versions.some(version => version.sourced.state !== 'whole')
    this.#poorLooks = isPoor ? this.#poorLooks + 1 : 0
    const { ttlMs } = this.#options
    this.#expiresAt = this.#now() + (isPoor ? Math.min(ttlMs, soonMs(Math.min(this.#poorLooks, 16))) : ttlMs)
  }

  async #fetch(model: string, version: string): Promise<VersionFiles> {
    const described = this.#described?.find(one => one.sourced.name === model)
    const judged = described?.versions.find(one => one.sourced.version === version)
    if (judged === undefined) throw versionNotFound(model, version)
    if (judged.sourced.state !== 'whole') throw notWhole({ model, version }, judged.sourced.reason)
    const files = await this.#models.bring(judged)
    const { sha256 = files.sha256 } = judged.metadata
    if (files.sha256 === sha256) return files
    const reason = `${judged.main!.name} has SHA-256 ${files.sha256}, the metadata say ${sha256}`
    this.#refuse(judged, reason)
    throw notWhole({ model, version }, reason)
  }

  /** A download has shown that a version is not what its metadata say; perhaps the rest of it is on its way. */
  #refuse(judged: JudgedVersion, reason: string): void {
    const sourced = { ...judged.sourced, state: 'invalid' as const, reason }
    this.#described = this.#described?.map(model => {
      if (!model.versions.includes(judged)) return model
      const versions = model.versions.map(one => (one === judged ? { ...judged, sourced } : one))
      return { sourced: { ...model.sourced, versions: versions.map(one => one.sourced) }, versions }
    })
    this.#lookSoon()
  }

  #fetchFailed(error: unknown, name: string): MillraceError {
    if (error instanceof MillraceError) return error
    const problem = bucketProblem(error)
    this.#problem.text = `bucket ${this.#options.bucket} cannot be read: ${problem}`
    this.#lookSoon()
    return new MillraceError('MILL_SOURCE_FAILED', `${name} cannot be had from ${this.location}: ${problem}`)
  }

  #lookSoon(): void {
    this.#expiresAt = Math.min(this.#expiresAt, this.#now() + soonMs(1))
    this.#watch.hint()
  }

  #failed(): MillraceError {
    return new MillraceError('MILL_SOURCE_FAILED', this.#problem.text ?? `${this.location} cannot be read`)
  }
}

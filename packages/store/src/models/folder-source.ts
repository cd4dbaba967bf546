import { readFile } from 'node:fs/promises'
import { MillraceError } from '@millrace/common'
import { atMost } from './at-most.ts'
import { describeFlat, type DescribedModel, describeRepository } from './describe-repository.ts'
import { digestOf, fileHashes, type FileHashes } from './file-hashes.ts'
import { type FileReader, type FoundRepository, isListedName } from './found-model.ts'
import { type JudgedVersion, judgeVersion } from './judge-version.ts'
import { ListingWatch, type Look } from './listing-watch.ts'
import type { ModelSource, SourcedModel, VersionFiles } from './model-source.ts'
import { contentsOf, foldersOf, scanFiles, scanFolder, scanVersion } from './scan-folder.ts'
import { settledFiles } from './settled-files.ts'
import { codeOf, folderProblem, notWhole, SourceProblem, versionNotFound } from './source-errors.ts'
import type { SourceLogger } from './source-errors.ts'
import { FolderWatch } from './watch-folders.ts'

/** Where the models are, and when what is found there counts. */
export interface FolderSourceOptions {
  /** Holds `<model>/<version>/model.onnx`, or a lone ONNX file; need not exist yet. */
  readonly folder: string
  /** Milliseconds without a change after which a file without a checksum counts as whole. */
  readonly stableMs?: number
  /** While it is watched: milliseconds between looks at a folder that tells nothing, such as a network drive. */
  readonly pollMs?: number
  /** While it is watched: milliseconds from the first sign of a change to a look. */
  readonly debounceMs?: number
  readonly log?: SourceLogger | undefined
  /** Milliseconds since 1970, by the clock that stamps files. */
  readonly now?: () => number
}

/**
 * Models in a folder of a local disk, or of one that is mounted. Nothing is read before the first call. A listing costs
 * a look at each file; a file is read again, and a checksum made again, only after it changed.
 */
export function folderSource(options: FolderSourceOptions): ModelSource {
  return new FolderSource(options)
}

class FolderSource implements ModelSource {
  readonly location: string
  readonly #stableMs: number
  readonly #pollMs: number
  readonly #hashes: FileHashes
  readonly #reader: FileReader
  readonly #settled: ReturnType<typeof settledFiles>
  readonly #problem: SourceProblem
  readonly #watch: ListingWatch
  readonly #folders: FolderWatch
  /** What was found the last time. */
  #described: readonly DescribedModel[] | undefined

  constructor({ folder, stableMs = 500, pollMs = 2000, debounceMs = 20, now = Date.now, log }: FolderSourceOptions) {
    this.location = folder
    this.#stableMs = stableMs
    this.#pollMs = pollMs
    this.#hashes = fileHashes(now)
    this.#settled = settledFiles({ stableMs, now })
    this.#reader = folderReader(this.#hashes)
    this.#problem = new SourceProblem(folder, log)
    this.#watch = new ListingWatch({ look: () => this.#look(), debounceMs })
    this.#folders = new FolderWatch(() => this.#watch.hint())
  }

  async list(): Promise<SourcedModel[]> {
    const listing = (await this.#describe()).map(model => model.sourced)
    this.#watch.seen(JSON.stringify(listing))
    return listing
  }

  async fetch(model: string, version: string): Promise<VersionFiles> {
    const judged = await this.#judge(model, version)
    if (judged === undefined) throw versionNotFound(model, version)
    if (judged.sourced.state !== 'whole') throw notWhole({ model, version }, judged.sourced.reason)
    const files = await this.#filesOf(judged)
    const after = await this.#judge(model, version)
    if (after?.sourced.stamp === judged.sourced.stamp) return files
    throw notWhole({ model, version }, 'its files changed while they were read')
  }

  watch(changed: () => void): () => void {
    const end = this.#watch.add(changed)
    return () => {
      end()
      if (!this.#watch.isOn) this.#folders.set([])
    }
  }

  problem(): string | undefined {
    return this.#problem.text
  }

  async close(): Promise<void> {
    this.#watch.close()
    this.#folders.set([])
  }

  async #look(): Promise<Look> {
    try {
      const described = await this.#describe()
      const isSettling = described.some(model => model.versions.some(({ sourced }) => sourced.isSettling === true))
      const nextMs = isSettling ? Math.min(this.#stableMs, this.#pollMs) : this.#pollMs
      // What happened in a new folder before it was watched, nobody told.
      if (this.#folders.hasBegun()) this.#watch.hint()
      return { fingerprint: JSON.stringify(described.map(model => model.sourced)), nextMs }
    } catch {
      return { fingerprint: undefined, nextMs: this.#pollMs }
    }
  }

  async #describe(): Promise<readonly DescribedModel[]> {
    try {
      const found = await scanFolder(this.location, this.#settled.isSettled)
      this.#attend(found)
      this.#described = await describeRepository(found, this.#reader, this.#described)
      this.#problem.text = undefined
      return this.#described
    } catch (error) {
      this.#problem.text = folderProblem(this.location, error)
      // A folder that was there may be on a disk that is away for a moment: what came from it shall go on being served.
      if (this.#described === undefined && codeOf(error) === 'ENOENT') return []
      throw new MillraceError('MILL_SOURCE_FAILED', this.#problem.text, { cause: error })
    }
  }

  /** Watch the folders that are there, and forget the files that are not. */
  #attend(found: FoundRepository): void {
    if (this.#watch.isOn) this.#folders.set(foldersOf(this.location, found))
    const inModels = found.models.flatMap(({ versions }) => versions.flatMap(({ files }) => files))
    const paths = new Set([...found.files, ...inModels].map(({ address }) => address))
    this.#hashes.retain(paths)
    this.#settled.retain(paths)
  }

  async #judge(model: string, version: string): Promise<JudgedVersion | undefined> {
    if (!isListedName(model) || !isListedName(version)) return undefined
    try {
      const found = await scanVersion(this.location, { model, version }, this.#settled.isSettled)
      if (found !== undefined) return await judgeVersion(found, this.#reader)
      return await this.#judgeFlat(model, version)
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw new MillraceError('MILL_SOURCE_FAILED', folderProblem(this.location, error), { cause: error })
    }
  }

  async #judgeFlat(model: string, version: string): Promise<JudgedVersion | undefined> {
    const { folders, files } = await contentsOf(this.location)
    if (folders.includes(model)) return undefined
    const flat = await describeFlat(await scanFiles(this.location, files, this.#settled.isSettled), this.#reader)
    if (flat?.sourced.name !== model) return undefined
    return flat.versions.find(one => one.sourced.version === version)
  }

  async #filesOf({ files, main, kind, metadata }: JudgedVersion): Promise<VersionFiles> {
    const hashed = await Promise.all(
      files.map(async ({ name, address }) => ({ name, sha256: await this.#hashes.of(address) }))
    )
    const sha256 = hashed.find(({ name }) => name === main!.name)!.sha256
    return { kind, path: main!.address, sha256, digest: digestOf(hashed), bytes: main!.bytes, metadata }
  }
}

/** Systems limit how many files may be open. */
const mostOpenFiles = 16

/** Reads the files of a folder; one that cannot be read makes its version invalid, not the whole folder. */
function folderReader(hashes: FileHashes): FileReader {
  const limited = atMost(mostOpenFiles)
  return {
    text: file =>
      readable(
        file.name,
        limited(() => readFile(file.address, 'utf8'))
      ),
    sha256: file => readable(file.name, hashes.of(file.address))
  }
}

async function readable<T>(name: string, reading: Promise<T>): Promise<T> {
  try {
    return await reading
  } catch (error) {
    const message = `${name} cannot be read: ${error instanceof Error ? error.message : String(error)}`
    throw new MillraceError('MILL_MODEL_INVALID', message, { cause: error })
  }
}

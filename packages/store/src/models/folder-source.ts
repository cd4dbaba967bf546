import { readFile } from 'node:fs/promises'
import { MillraceError } from '@millrace/common'
import { describeFlat, type DescribedModel, describeRepository } from './describe-repository.ts'
import { digestOf, fileHashes, type FileHashes } from './file-hashes.ts'
import { type FileReader, isListedName } from './found-model.ts'
import { type JudgedVersion, judgeVersion } from './judge-version.ts'
import type { ModelSource, SourcedModel, VersionFiles } from './model-source.ts'
import { contentsOf, scanFiles, scanFolder, scanVersion } from './scan-folder.ts'
import { settledFiles } from './settled-files.ts'
import { codeOf, folderProblem, notWhole, versionNotFound } from './source-errors.ts'

/** What is needed of a logger. */
export interface SourceLogger {
  info(fields: Record<string, unknown>, message: string): void
  warn(fields: Record<string, unknown>, message: string): void
}

export interface FolderSourceOptions {
  /** Holds `<model>/<version>/model.onnx`; need not exist yet. */
  readonly folder: string
  /** Milliseconds without a change after which a file without a checksum counts as whole. */
  readonly stableMs?: number
  readonly log?: SourceLogger
  /** Milliseconds since 1970, by the clock that stamps files. */
  readonly now?: () => number
}

/** Models in a folder of the local disk, or of one that is mounted. Nothing is read before the first call. */
export function folderSource(options: FolderSourceOptions): ModelSource {
  return new FolderSource(options)
}

class FolderSource implements ModelSource {
  readonly location: string
  readonly #hashes: FileHashes
  readonly #reader: FileReader
  readonly #settled: ReturnType<typeof settledFiles>
  #wasSeen = false
  #problem: string | undefined

  constructor({ folder, stableMs = 500, now = Date.now }: FolderSourceOptions) {
    this.location = folder
    this.#hashes = fileHashes(now)
    this.#settled = settledFiles({ stableMs, now })
    this.#reader = folderReader(this.#hashes)
  }

  async list(): Promise<SourcedModel[]> {
    const described = await this.#describe()
    return described.map(model => model.sourced)
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

  watch(_changed: () => void): () => void {
    return () => undefined
  }

  problem(): string | undefined {
    return this.#problem
  }

  async close(): Promise<void> {
    this.#hashes.retain(new Set())
  }

  async #describe(): Promise<DescribedModel[]> {
    try {
      const found = await scanFolder(this.location, this.#settled.isSettled)
      const described = await describeRepository(found, this.#reader)
      this.#wasSeen = true
      this.#problem = undefined
      return described
    } catch (error) {
      this.#problem = folderProblem(this.location, error)
      // A folder that was there may be on a disk that is away for a moment: what came from it shall go on being served.
      if (!this.#wasSeen && codeOf(error) === 'ENOENT') return []
      throw new MillraceError('MILL_SOURCE_FAILED', this.#problem, { cause: error })
    }
  }

  async #judge(model: string, version: string): Promise<JudgedVersion | undefined> {
    if (!isListedName(model) || !isListedName(version)) return undefined
    try {
      const found = await scanVersion(this.location, { model, version }, this.#settled.isSettled)
      if (found !== undefined) return await judgeVersion(found, this.#reader)
      return await this.#judgeFlat(model, version)
    } catch (error) {
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

/** Reads the files of a folder; one that cannot be read makes its version invalid, not the whole folder. */
function folderReader(hashes: FileHashes): FileReader {
  return {
    text: file => readable(file.name, readFile(file.address, 'utf8')),
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

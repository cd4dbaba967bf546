import type { ModelConfig } from './model-config.ts'
import type { ModelMetadata } from './model-metadata.ts'

/** What a source knows of one version of a model. */
export interface SourcedVersion {
  /** Any text; never read as a number. */
  readonly version: string
  /**
   * `whole` can be fetched; `incomplete` is still being written or lacks a file; `invalid` has metadata that break the
   * schema, or a checksum that does not hold.
   */
  readonly state: 'whole' | 'incomplete' | 'invalid'
  /** Why it is not whole. */
  readonly reason?: string | undefined
  /** True for one that is only waited for until nobody writes it any more, which is soon. */
  readonly isSettling?: boolean | undefined
  /** Changes whenever any file of the version does. Cheap to make; not a checksum. */
  readonly stamp: string
  /** Size of the model, or of the state of a learner; undefined where it is not known. */
  readonly bytes?: number | undefined
}

/** What a source knows of one model. */
export interface SourcedModel {
  readonly name: string
  /** What `config.json` of the model says, if it has one. */
  readonly config: ModelConfig
  /** Why that file could not be used; `config` holds the defaults then. */
  readonly configProblem?: string | undefined
  readonly versions: readonly SourcedVersion[]
  /** True for a lone ONNX file beside `model_metadata.json` instead of folders of versions. */
  readonly isFlat: boolean
}

/** A whole version on the local disk. */
export interface VersionFiles {
  /** Whether `path` is an ONNX file, or the state of a learner that was frozen. */
  readonly kind: 'onnx' | 'learner'
  /** `model.onnx` or `learner.state`. */
  readonly path: string
  /** SHA-256 of that file, in hexadecimal. */
  readonly sha256: string
  /** SHA-256 over all files of the version: equal only for equal content. In hexadecimal. */
  readonly digest: string
  readonly bytes: number
  readonly metadata: ModelMetadata
}

/** A place that models come from: a folder, a bucket. */
export interface ModelSource {
  /** For people: the folder, or `s3://bucket/prefix`. */
  readonly location: string
  /**
   * Everything that is there now, in the order of names. A source over a network may answer what it saw within the last
   * while, unless `isFresh`, and answers what it saw last while it cannot be reached.
   * @throws {MillraceError} MILL_SOURCE_FAILED
   */
  list(options?: { readonly isFresh?: boolean }): Promise<SourcedModel[]>
  /**
   * Bring a version to the local disk and check it.
   * @throws {MillraceError} MILL_MODEL_INVALID for a version that is not whole, MILL_VERSION_NOT_FOUND, or
   *   MILL_SOURCE_FAILED
   */
  fetch(model: string, version: string): Promise<VersionFiles>
  /** Hear that something may have changed, soon after it did; the returned function ends that. */
  watch(changed: () => void): () => void
  /** Why the source cannot be read at present; undefined while it can. What was fetched before may still be served. */
  problem(): string | undefined
  close(): Promise<void>
}

/** A file of a model repository, wherever that lies. */
export interface FoundFile {
  readonly name: string
  /** Its path, or the key of its object. */
  readonly address: string
  readonly bytes: number
  /** Changes whenever the content does. */
  readonly stamp: string
  /** False while somebody may still be writing it. */
  readonly isSettled: boolean
}

/** The files of one version, in the order of their names. */
export interface FoundVersion {
  readonly version: string
  readonly files: readonly FoundFile[]
  /** Why they could not be read. */
  readonly problem?: string
}

/** A folder of versions. */
export interface FoundModel {
  readonly name: string
  /** Its `config.json`. */
  readonly config: FoundFile | undefined
  /** In the order of their names. */
  readonly versions: readonly FoundVersion[]
  /** Why it could not be read. */
  readonly problem?: string
}

/** All that lies in a model repository, unread. */
export interface FoundRepository {
  readonly models: readonly FoundModel[]
  /** The files that lie in no model's folder: a lone ONNX file, its metadata. */
  readonly files: readonly FoundFile[]
  /** The version of a lone ONNX file whose metadata name none; `1` unless given. */
  readonly unnamed?: string
}

/** Reads the files of a repository. */
export interface FileReader {
  text(file: FoundFile): Promise<string>
  /** SHA-256 in hexadecimal; undefined when finding out would mean a download. */
  sha256(file: FoundFile): Promise<string | undefined>
}

/** By UTF-16 code units, the same on every machine. */
export function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : Number(one.name > other.name)
}

/**
 * Whether a folder or file of this name counts. Names that begin with a dot or an underscore or end in `.tmp` or
 * `.partial` are of something unfinished or of no concern, and no name leads out of its folder.
 */
export function isListedName(name: string): boolean {
  return /^[^._/\\\0][^/\\\0]*$/.test(name) && !/\.(tmp|partial)$/i.test(name)
}

/** A record of a run of a process, as it is passed on to other processes. */
export interface StreamedRecord {
  /** 16 hexadecimal digits. */
  readonly run: string
  /** Larger than that of every earlier record of the run. */
  readonly number: number
  /** Number of the record of this run that came before it; 0 for the first. */
  readonly previous: number
  readonly payload: Uint8Array
}

/** What became of records that were to be passed on. */
export interface StreamAppend {
  /** Number of the last record of the run that is, or was, in the stream or in the image. */
  readonly head: number
  /** Whether records before these are missing, so that nothing was appended. */
  readonly isGap: boolean
  /** How many records of all runs are in the stream. */
  readonly length: number
}

/** A state that holds all records up to some. */
export interface StreamImage {
  /** How often an image was put. */
  readonly revision: number
  readonly bytes: Uint8Array
}

/**
 * Where processes pass records on to one another: a stream of the newest ones, in the order of each run, and an image of a
 * state that holds all that came before them. Everything fails while the shared store is away.
 */
export interface LedgerStream {
  /**
   * Pass on records of one run, in order. Those that were passed on before are left out.
   * @param previous number of the record before the first of them
   * @throws {MillraceError} MILL_STORE_FAILED
   */
  append(
    run: string,
    previous: number,
    records: readonly { readonly number: number; readonly payload: Buffer }[]
  ): Promise<StreamAppend>
  /**
   * The next records behind a place in the stream, at most `limit`, oldest first.
   * @param after the `place` of the last one that was read; '0' for all
   * @throws {MillraceError} MILL_STORE_FAILED
   */
  read(after: string, limit: number): Promise<(StreamedRecord & { readonly place: string })[]>
  /**
   * Numbers of the last record of each run that is in the stream or in the image.
   * @throws {MillraceError} MILL_STORE_FAILED
   */
  heads(): Promise<Map<string, number>>
  /** How often an image was put; 0 when none was. @throws {MillraceError} MILL_STORE_FAILED */
  revision(): Promise<number>
  /** @throws {MillraceError} MILL_STORE_FAILED */
  image(): Promise<StreamImage | undefined>
  /**
   * Put another image in place of the one with the revision `expected`, and remove the records up to `upTo` from the stream.
   * @returns false when another process was faster
   * @throws {MillraceError} MILL_STORE_FAILED
   */
  putImage(image: {
    readonly expected: number
    readonly pieces: readonly Uint8Array[]
    /** The last record of each run that it holds. */
    readonly heads: ReadonlyMap<string, number>
    /** Place of the last record in the stream that it holds; '0' for none. */
    readonly upTo: string
  }): Promise<boolean>
  /**
   * Hear that there is something new, while the store is there.
   * @param listener is told whether an image was put, so that records may be gone from the stream that were not read
   */
  watch(listener: (isImage: boolean) => void): () => void
}

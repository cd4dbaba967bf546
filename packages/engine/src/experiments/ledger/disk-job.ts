import { pruneJournal, writeSnapshot } from '@millrace/store'

/** Work on the files of a journal that must not block whoever serves. */
export interface DiskJob {
  /** Of the journal. */
  readonly folder: string
  /** The last record that the state holds, or that may go. */
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** The state, piece by piece; none where nothing but a limit is kept to. */
  readonly pieces: readonly Uint8Array[]
  /** Bytes of records that are kept although a snapshot holds them. */
  readonly retentionBytes: number
  readonly keepSnapshots: number
}

/**
 * Write a snapshot and remove what is no longer needed. Blocks for a write and some fsyncs.
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export function doDiskJob({ folder, sequence, time, pieces, retentionBytes, keepSnapshots }: DiskJob): void {
  writeSnapshot(folder, { sequence, time, state: Buffer.concat(pieces) })
  pruneJournal(folder, { retentionBytes, keepSnapshots })
}

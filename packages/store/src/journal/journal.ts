/** One thing that was written to a journal. */
export interface JournalRecord {
  /** Position in the journal: 1, 2, 3 and so on without a gap. */
  sequence: number
  /** When it was written, in milliseconds since 1970. Never decreases from record to record, whatever the clock does. */
  time: number
  /** What it says; the journal does not look into it. */
  payload: Uint8Array
}

/** Learns what became of an append. Exactly one of the two is called, once. */
export interface AppendListener {
  /**
   * The records are as durable as the journal promises. Listeners of one journal are called in the order of their
   * records, with nothing between them, so that state can be brought along record by record. Must not throw.
   * @param firstSequence position of the first record of the append
   */
  committed(firstSequence: number, time: number): void
  /**
   * The records are not committed. They will not be found behind or between any that are committed later; but a writer
   * that starts anew before that may find them whole on the disk, and go on after them. So a client that was told of the
   * failure repeats what it said under the same id.
   * @param error a MillraceError: MILL_STORE_FAILED, MILL_WRITER_FENCED, MILL_OVERLOADED, or MILL_OPTION_INVALID for an
   *   append of nothing
   */
  failed(error: unknown): void
}

/**
 * The one writer of a journal.
 *
 * Appends that wait together share one write and one fsync, and neither blocks the calling thread. With the durability
 * `none` an append is committed at once and written soon after.
 */
export interface JournalWriter {
  /**
   * Position of the last committed record; 0 for an empty journal. What must hold committed records only, such as a
   * snapshot, goes no further than this, though a reader may: it finds what is being written as well.
   */
  readonly lastSequence: number
  /** Bytes of all records committed since this writer was opened. */
  readonly bytesWritten: number
  /** What keeps the journal from being written at present: what `failed` would say. Undefined while all is well. */
  readonly problem: unknown
  /** Append records that belong together: all of them or none. Never throws; `listener` is told. */
  append(payloads: readonly Uint8Array[], listener: AppendListener): void
  /**
   * Resolves once all that was appended before is written or has failed. With the durability `none` what failed stays
   * queued, and `problem` says why.
   */
  flush(): Promise<void>
  /**
   * Write what waits, then give up the lease. Later appends fail. Closing again does nothing.
   * @throws what `problem` says when records that were committed with the durability `none` could not be written
   */
  close(): Promise<void>
}

/** A snapshot in a journal's folder, not yet looked into. */
export interface SnapshotInfo {
  /** The state holds the records up to and including this one. */
  sequence: number
  /** Size of the file. */
  bytes: number
  /** When it was taken, in milliseconds since 1970. */
  time: number
}

/** Reading a journal: needs no lease, and works while another process writes. */
export interface JournalReader {
  /** Newest first. */
  snapshots(): SnapshotInfo[]
  /**
   * The state in the snapshot at `sequence`.
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED when its checksum does not fit, MILL_STORE_FAILED when it cannot be read
   */
  readSnapshot(sequence: number): Uint8Array
  /** Position of the first record that is still kept; 1 past the last one when none is. */
  firstSequence(): number
  /**
   * The records from position `from` to the last whole one, as the files are now; a torn tail is passed over. The last
   * ones may not be committed yet.
   * @throws {MillraceError} MILL_JOURNAL_DAMAGED when a record at or after `from` is missing or was changed
   */
  records(from: number): IterableIterator<JournalRecord>
  /** Follows the journal from position `from` on. */
  tail(from: number): JournalTail
}

/** A reader that stays behind a writer. */
export interface JournalTail {
  /**
   * The records that have come since the last call; none when nothing has.
   * @returns undefined when what was read can no longer be continued, because records read before have become void
   *   (their writer failed to commit them) or the next ones were pruned: begin again with the newest snapshot
   */
  poll(): JournalRecord[] | undefined
  close(): void
}

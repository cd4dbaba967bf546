/** An answer as it is kept, and for how long still. */
export interface KeptAnswer {
  readonly bytes: Uint8Array
  /** Milliseconds; undefined when it is kept for ever. */
  readonly ttlMs: number | undefined
}

/**
 * Keeps answers of models for all processes, by a hash of all that decides them. It may forget at any time, and never
 * keeps anybody waiting: one that is away or slow knows no answer and keeps none.
 */
export interface AnswerStore {
  /** The answer that is kept under a hash, if it can be had soon. Never fails. */
  get(hash: string): Promise<KeptAnswer | undefined>
  /** Keep an answer, if that can be done; nobody waits for it. @param ttlMs > 0 */
  set(hash: string, bytes: Uint8Array, ttlMs: number): void
  /** Forget all answers. @throws {MillraceError} MILL_STORE_FAILED when some may be left */
  clear(): Promise<void>
}

import type { NamedTensor } from '@millrace/runtime'

/** All that decides an answer. Ids, headers and deadlines are no part of it. */
export interface CachedQuestion {
  readonly model: string
  readonly version: string
  /** SHA-256 of what the version predicts with. */
  readonly digest: string
  readonly inputs: readonly NamedTensor[]
  /** Names of the outputs wanted, in order; undefined for all. */
  readonly outputs?: readonly string[] | undefined
}

/** What a cache has done since it was made. */
export interface CacheCounts {
  readonly hits: number
  readonly misses: number
  readonly evictions: number
  readonly entries: number
  readonly bytes: number
}

/** Answers that need not be computed again. Two questions share an answer only if they are equal in every part. */
export interface ResponseCache {
  /**
   * Look an answer up, or compute it; of equal questions that come at the same time one is computed for all. What fails
   * is not kept. A cache that is away costs time, never an answer.
   */
  answer(
    question: CachedQuestion,
    ttlMs: number,
    compute: () => Promise<readonly NamedTensor[]>
  ): Promise<{ outputs: readonly NamedTensor[]; isCached: boolean }>
  counts(): CacheCounts
  /** Forget everything. */
  clear(): Promise<void>
}

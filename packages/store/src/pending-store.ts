/** A prediction whose label may still come. */
export interface PendingPrediction {
  /** Unique among all predictions of all learners. */
  predictionId: string
  /** The learner that made it. */
  learner: string
  /** What it was made from; the store does not look into it. */
  features: Uint8Array
  prediction: number
  /** Milliseconds since 1970, by the clock of the store's user. */
  madeAt: number
}

/** How long and how many predictions wait for their labels. */
export interface PendingLimits {
  /** Integer >= 1, milliseconds that a prediction is kept. */
  ttlMs: number
  /** Integer >= 1, how many are kept of each learner at most. */
  limit: number
}

/**
 * Keeps predictions until their labels come: each for `ttlMs`, and of each learner at most `limit`, the oldest giving
 * way. Both are set when the store is made.
 *
 * Every implementation guarantees that a prediction whose `put` has resolved survives the death of the process, however
 * it dies, but for the one in memory; and that memory and disk stay bounded whatever is put.
 */
export interface PendingStore {
  /** @throws {MillraceError} MILL_STORE_FAILED */
  put(prediction: PendingPrediction): Promise<void>
  /**
   * The prediction, if it is still kept and not yet expired at `now` (milliseconds since 1970).
   * @throws {MillraceError} MILL_STORE_FAILED
   */
  get(learner: string, predictionId: string, now: number): Promise<PendingPrediction | undefined>
  /** Forget a prediction that has its label. Does nothing for one that is not kept. */
  remove(learner: string, predictionId: string): Promise<void>
  /** How many predictions of the learner are kept. */
  count(learner: string): Promise<number>
}

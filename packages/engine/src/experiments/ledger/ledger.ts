/** What is remembered of a metric of an arm: sums over its units, from which means and variances follow exactly. */
export interface MetricTally {
  /** Units of which something was told. */
  readonly units: number
  /** Times that something was told, over all units: sum of n. */
  readonly count: number
  /** Sum of s, where s is the sum of what was told of a unit (for a conversion: 1 at most). */
  readonly sum: number
  /** Sums of s squared, of n squared, and of s times n. */
  readonly sumSquares: number
  readonly countSquares: number
  readonly products: number
}

/** How long requests took: moments of the logarithm of milliseconds, and a histogram for quantiles. */
export interface LatencyTally {
  readonly count: number
  readonly sumMs: number
  readonly sumLog: number
  readonly sumLogSquares: number
  /** Requests by upper bound of their milliseconds, see `latencyBounds`. */
  readonly histogram: readonly number[]
}

/** What is known of an arm. */
export interface ArmTally {
  /** Units that were served, each once. Overridden ones are not among them. */
  readonly units: number
  /** Of those, units that can come back: whose id was given. */
  readonly givenUnits: number
  /** Requests that were answered, cached ones among them. */
  readonly requests: number
  readonly cached: number
  /** Requests that failed for reasons of the server or the model, not of what they asked. */
  readonly failures: number
  /** Of those, requests that control answered instead. */
  readonly fallbacks: number
  readonly latency: LatencyTally
  readonly metrics: ReadonlyMap<string, MetricTally>
}

/** What is known of an experiment, by the index of the arm. */
export interface ExperimentTally {
  readonly arms: readonly ArmTally[]
  /** Units that came to two arms, as may happen where weights change while several processes serve. */
  readonly crossed: number
  /** Units beyond what is remembered; they were served, and are in no other number. */
  readonly forgotten: number
  /** Outcomes that belong to no unit or request that is known (yet), and those that came again. */
  readonly unknownOutcomes: number
  readonly repeatedOutcomes: number
  /** Milliseconds since 1970 of the last change. */
  readonly updatedAt: number
}

/** A request that was served by an arm. */
export interface ServedRequest {
  readonly arm: number
  readonly unit: string
  readonly isGiven: boolean
  /** Overridden units are answered and not counted as units. */
  readonly isOverride: boolean
  readonly requestId: string
  /** What was predicted: a number, the text of a class, or undefined where there is not just one. */
  readonly prediction: number | string | undefined
  readonly durationMs: number
  readonly isCached: boolean
  /** Whether control answered in place of the arm. */
  readonly isFallback: boolean
  /** When it was answered, in milliseconds since 1970; now unless given. */
  readonly time?: number | undefined
}

/** What came of a unit or a request. */
export interface Outcome {
  /** Undefined for all experiments that know the unit or request. */
  readonly experiment: string | undefined
  /** One of the two at least. */
  readonly unit: string | undefined
  readonly requestId: string | undefined
  readonly metric: string
  /** A finite number; or, for the label of a prediction, the label. */
  readonly value: number | { readonly label: number | string }
  /** By which it is told apart from others: the same id counts once. */
  readonly id: string
}

/** What became of an outcome, for one experiment. */
export interface OutcomeReceipt {
  readonly experiment: string
  readonly arm: number
  readonly isRepeat: boolean
  /** What it counts as in the metric. */
  readonly value: number
}

/** One experiment in the ledger. `served` and `failed` cost well under a microsecond and never wait. */
export interface ExperimentLedger {
  /** The arm that a unit was first served by, if it is known in this process. */
  armOf(unit: string): number | undefined
  served(request: ServedRequest): void
  /** A request to an arm failed for a reason of the server or the model. */
  failed(arm: number, durationMs: number): void
  tally(): ExperimentTally
}

/**
 * Remembers who was served by which arm, and what came of it, durably and once each, for all experiments and in step with
 * the ledgers of other processes. Exposures are in the operating system's hands at the end of the turn of the event loop
 * that serves them, or at most 100 ms later where many come, outcomes are durable when they are acknowledged.
 */
export interface Ledger {
  /** @param arms how many there are @param metrics kinds of metrics by name; may be called again when these grow */
  experiment(id: string, shape: { arms: number; metrics: ReadonlyMap<string, string> }): ExperimentLedger
  /**
   * Count an outcome; durable when it resolves. Nothing at all for one that nobody knows the unit or request of: it is
   * kept, and counted when another process does.
   * @throws {MillraceError} MILL_ID_CONFLICT when the id came with another value or of another unit before; MILL_STORE_FAILED
   */
  outcome(outcome: Outcome): Promise<readonly OutcomeReceipt[]>
  /** Hear that something was learned from other processes or that outcomes came; at most every 100 ms. */
  onChange(listener: () => void): () => void
  /** Forget an experiment for ever. */
  forget(id: string): Promise<void>
  /** All that was called is in the operating system's hands. */
  flush(): Promise<void>
  close(): Promise<void>
}

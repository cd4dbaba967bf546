/** A candidate that is asked what another version is asked, without anybody seeing its answers. */
export interface ShadowDefinition {
  /** 1 to 64 lower-case letters, digits, `_` and `-`. */
  readonly id: string
  readonly model: string
  /** Requests answered by this version are copied; undefined for every version of the model. */
  readonly version: string | undefined
  /** `model/version` that is asked as well; the model is the same unless named. */
  readonly candidateModel: string
  readonly candidate: string
  /** Share of requests that are copied, 0 to 1. */
  readonly share: number
  /** Copies that may wait; more are dropped and counted. */
  readonly queueLimit: number
  /** Absolute and relative difference up to which numbers count as the same. */
  readonly absoluteTolerance: number
  readonly relativeTolerance: number
}

/** How the outputs of two versions differ. */
export interface OutputDifference {
  readonly output: string
  readonly compared: number
  /** Compared values that were the same, within the tolerances. */
  readonly same: number
  readonly maxAbsolute: number
  readonly meanAbsolute: number
  /** Share of rows with the same class; null for an output of numbers. */
  readonly agreement: number | null
}

/** What a shadow has shown so far. */
export interface ShadowReport {
  readonly definition: ShadowDefinition
  readonly isRunning: boolean
  readonly startedAt: number
  readonly copied: number
  readonly compared: number
  readonly dropped: number
  readonly failed: number
  readonly lastFailure: string | null
  /** Answers whose outputs differ in name, type or shape. */
  readonly incomparable: number
  /** Milliseconds of runs. */
  readonly latency: { readonly live: number | null; readonly candidate: number | null }
  readonly outputs: readonly OutputDifference[]
  /** The requests that differed most, at most 20. */
  readonly examples: readonly { readonly requestId: string; readonly output: string; readonly difference: number }[]
}

/** Shadows of a model server. */
export interface Shadows {
  list(): readonly ShadowReport[]
  /** @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND */
  get(id: string): ShadowReport
  /** @throws {MillraceError} MILL_EXPERIMENT_INVALID, MILL_EXPERIMENT_EXISTS */
  start(draft: Readonly<Record<string, unknown>>): Promise<ShadowReport>
  stop(id: string): Promise<ShadowReport>
  remove(id: string): Promise<void>
}

/** How units come to arms. */
export const strategies = ['hash-based', 'random', 'weighted'] as const
export type Strategy = (typeof strategies)[number]

/** What the weights of a `weighted` experiment follow. */
export const weightings = ['fixed', 'accuracy', 'thompson'] as const
export type Weighting = (typeof weightings)[number]

/** A version that takes part. */
export interface Arm {
  /** Unique in its experiment, 1 to 64 characters. */
  readonly name: string
  /** Model that answers; that of the experiment unless another is named. */
  readonly model: string
  /** A version, or `live` for a learner that goes on learning. */
  readonly version: string
  /** Share of the units in the experiment, 0 to 1; all sum to 1. */
  readonly weight: number
}

/** What is measured of units, from what `/feedback` tells. */
export interface Metric {
  /** 1 to 64 letters, digits, `_`, `-` and `.`. */
  readonly name: string
  /**
   * `conversion`: 1 for a unit that converted at least once, over all units exposed. `mean`: the sum of what was told of
   * a unit, 0 for a unit of which nothing was, over all units exposed. `ratio`: the sum over the number of times it was
   * told, for what exists for some units only. `accuracy` and `error`: from the labels of predictions, 1 where the
   * predicted class was right, and the absolute difference; over the predictions that have labels.
   */
  readonly kind: 'conversion' | 'mean' | 'ratio' | 'accuracy' | 'error'
  /** What is better. */
  readonly goal: 'increase' | 'decrease'
}

/** How weights adapt to what arms achieve. */
export interface Bandit {
  /** Name of the metric that is the reward. */
  readonly metric: string
  /** No arm gets less than this share (default 0.01). */
  readonly floor: number
  /** Units of each arm before weights move (default 100). */
  readonly minUnits: number
  /** Seconds between two looks (default 10). */
  readonly intervalSeconds: number
}

/** What an experiment is, as its owner says. */
export interface ExperimentDefinition {
  /** 1 to 64 lower-case letters, digits, `_` and `-`. */
  readonly id: string
  readonly description: string
  /** Whose requests take part. */
  readonly model: string
  /** Requests that this alias would answer take part; `default` for those that name nothing. */
  readonly alias: string
  /** `all` requests, or those of the documented `/predict` and `/predict/batch` alone. */
  readonly entry: 'all' | 'predict'
  readonly strategy: Strategy
  readonly weighting: Weighting
  /** 2 to 20. */
  readonly arms: readonly Arm[]
  /** Name of the arm that others are compared with. */
  readonly control: string
  /** Share of all units that take part, 0 to 1. */
  readonly coverage: number
  /** Text that is hashed with the unit, 1 to 256 characters; the id unless given. */
  readonly seed: string
  /** Whether a unit keeps the arm that it was first served by when weights change. Always true for thompson. */
  readonly isSticky: boolean
  /** Whether all else that runs on the alias decides first, canaries among it. */
  readonly yields: boolean
  /** A request without a unit of its own: an arm by chance, no part in it, or an error. */
  readonly missingUnit: 'random' | 'skip' | 'refuse'
  /** Whether control answers where an arm fails; the unit still counts as the arm's. */
  readonly onFailure: 'fail' | 'control'
  /** Arms by unit, for those who must see a certain one; they do not count. At most 10,000. */
  readonly overrides: Readonly<Record<string, string>>
  readonly metrics: readonly Metric[]
  /** Name of the metric that decides. */
  readonly primary: string
  /** Chance of a false alarm, however often one looks. */
  readonly alpha: number
  readonly bandit: Bandit
}

export type ExperimentState = 'draft' | 'running' | 'paused' | 'stopped'

/** Buckets that units fall into by their hash, as GrowthBook has them. */
export const bucketCount = 10_000

/** Who has which buckets: `[first, end, arm]`, half-open, ascending, by the index of the arm. Buckets of none take no part. */
export type Allocation = readonly (readonly [first: number, end: number, arm: number])[]

/** A change of an experiment. */
export interface HistoryEntry {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Revision that it led to. */
  readonly revision: number
  /** `created`, `changed`, `started`, `paused`, `resumed`, `stopped`, `reweighted`, `step`, `promoted`, `rolled_back` … */
  readonly what: string
  /** What was changed, or the numbers that decided. */
  readonly details: Readonly<Record<string, unknown>>
}

/** An experiment as the registry keeps it. */
export interface ExperimentRecord {
  readonly definition: ExperimentDefinition
  readonly state: ExperimentState
  readonly allocation: Allocation
  /**
   * Of the allocation, the buckets that had no other arm since the phase began: their units need not be looked up to stay
   * where they are. Undefined where that is not known.
   */
  readonly settled?: Allocation | undefined
  /** From 1; another one begins, with nothing measured, where a change would make old and new numbers incomparable. */
  readonly phase: number
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly startedAt: number | undefined
  readonly stoppedAt: number | undefined
  /** Newest last; the last 200. */
  readonly history: readonly HistoryEntry[]
  /** For a canary: its plan and where it stands. */
  readonly canary?: CanaryRecord | undefined
}

/** One step of a canary. */
export interface CanaryStep {
  /** Share of traffic, 0 to 1. */
  readonly share: number
  /** Requests of canary and of control before the next step. */
  readonly minRequests: number
  /** Seconds before the next step at the earliest. */
  readonly minSeconds: number
}

/** What may not become worse. */
export interface Guard {
  /** `error_rate`, `latency`, or the name of a metric that `/feedback` tells. */
  readonly measure: string
  /**
   * How much worse is let pass: as an absolute difference, or relative to control. Relative to an error rate, half a
   * percentage point at least.
   */
  readonly tolerance: number
  readonly isRelative: boolean
}

/** How a candidate comes to take over an alias. */
export interface CanaryPlan {
  readonly model: string
  /** The alias that stands for the candidate in the end. */
  readonly alias: string
  readonly candidate: string
  readonly steps: readonly CanaryStep[]
  readonly guards: readonly Guard[]
  /** Chance that a candidate no worse than control is rolled back. */
  readonly alpha: number
  /** Seconds between two looks. */
  readonly intervalSeconds: number
  /** Requests to the candidate after which a person has to decide, when numbers do not. */
  readonly maxRequests: number
}

/** `undecided`: the numbers do not decide, and a person has to. `cancelled`: somebody else moved the alias. */
export type CanaryVerdict = 'running' | 'frozen' | 'undecided' | 'promoted' | 'rolled_back' | 'cancelled'

/** A canary and where it stands. Each step is a phase of its own, so that what was measured at one share is apart. */
export interface CanaryRecord {
  readonly plan: CanaryPlan
  readonly verdict: CanaryVerdict
  /** Index of the step that it is in. */
  readonly step: number
  readonly stepSince: number
  /** Requests that canary and control had when the step began. */
  readonly requestsBefore: readonly [canary: number, control: number]
  /** Since when the alias is being moved, in milliseconds since 1970: whoever sees it later on brings it to its end. */
  readonly promotingSince?: number | undefined
}

/** An interval. */
export type Interval = readonly [low: number, high: number]

/** Whether units came to arms as they should: looked at before anything else. */
export interface SampleRatio {
  readonly observed: readonly number[]
  readonly expected: readonly number[]
  readonly chiSquare: number
  readonly degrees: number
  readonly pValue: number
  /** p < 0.001: something is wrong with the assignment or the counting, and no result can be trusted. */
  readonly isMismatch: boolean
}

/** A metric of one arm. */
export interface ArmMetric {
  readonly arm: string
  readonly units: number
  /** What the value is an average over: units, or times it was told. */
  readonly count: number
  readonly value: number | null
  readonly interval: Interval | null
  readonly standardError: number | null
}

/** An arm against control. */
export interface Comparison {
  readonly arm: string
  /** Difference of the values, arm minus control. */
  readonly difference: number | null
  /** Confidence sequence of it: holds at all times together, however often one looks. */
  readonly interval: Interval | null
  /** Relative to control: 0.1 for ten per cent more. */
  readonly lift: number | null
  readonly liftInterval: Interval | null
  /** Always valid: may be looked at after every unit. */
  readonly pValue: number | null
  /** Welch's test for one look at a size fixed before. */
  readonly fixedPValue: number | null
  readonly chanceToWin: number | null
  /** What is lost on average by choosing this arm, in units of the metric. */
  readonly expectedLoss: number | null
  readonly isSignificant: boolean
}

/** A metric of all arms. */
export interface MetricResult {
  readonly metric: string
  readonly kind: string
  readonly goal: 'increase' | 'decrease'
  readonly arms: readonly ArmMetric[]
  readonly comparisons: readonly Comparison[]
}

/** What may not suffer. */
export interface Guardrail {
  readonly measure: 'error_rate' | 'latency_mean' | 'latency_p95'
  readonly arm: string
  readonly value: number | null
  readonly control: number | null
  readonly interval: Interval | null
  readonly isBreached: boolean
}

/** What an experiment has shown so far. */
export interface ExperimentResults {
  readonly id: string
  readonly state: string
  readonly updatedAt: number
  readonly sampleRatio: SampleRatio | null
  readonly metrics: readonly MetricResult[]
  readonly guardrails: readonly Guardrail[]
  /** Name of the arm that is better by the primary metric; null while nothing is certain, or units came to arms wrongly. */
  readonly winner: string | null
  /** In words: what may be concluded, and what not. */
  readonly summary: string
  readonly warnings: readonly string[]
  /** Units of each arm that are needed to see a relative change of 5 % of the primary metric, with a power of 0.8. */
  readonly unitsNeeded: number | null
}

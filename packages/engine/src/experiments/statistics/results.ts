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
  /** For one look: Wilson's of a conversion, Student's of the others. */
  readonly interval: Interval | null
  readonly standardError: number | null
}

/**
 * An arm against control. With more arms than two, intervals are wider and p-values larger by the number of comparisons
 * (Bonferroni), so that alpha is the chance of any false alarm among them. Chance to win and loss are not.
 */
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
  /** Welch's test for one look at a size fixed before; to be looked at once. */
  readonly fixedPValue: number | null
  readonly chanceToWin: number | null
  /** What is lost on average by choosing this arm, in units of the metric. */
  readonly expectedLoss: number | null
  /** Whether the p-value is at most alpha; never while units come to arms wrongly. */
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

/** What may not suffer. Latencies are those of requests that were not answered from the cache. */
export interface Guardrail {
  /** `latency_mean` is the geometric mean. */
  readonly measure: 'error_rate' | 'latency_mean' | 'latency_p95'
  readonly arm: string
  readonly value: number | null
  readonly control: number | null
  /**
   * Of the difference in error rates, of the ratio of latencies: 1.1 for ten per cent slower. Each end holds at all times
   * with a chance of 1 - alpha; null while there are too few requests.
   */
  readonly interval: Interval | null
  /** The interval leaves out no harm: difference 0, ratio 1. */
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
  /**
   * Name of the arm that is better than every other one by the primary metric; null while that is not certain, or units came
   * to arms wrongly.
   */
  readonly winner: string | null
  /** In words: what may be concluded, and what not. */
  readonly summary: string
  readonly warnings: readonly string[]
  /**
   * Units of each arm that are enough to see a relative change of 5 % of the primary metric with a power of 0.8, looking at
   * any time, where arms have as many units.
   */
  readonly unitsNeeded: number | null
}

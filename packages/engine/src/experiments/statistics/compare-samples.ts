import { confidenceSequence } from './confidence-sequence.ts'
import type { Distributions } from './distributions.ts'
import type { Interval } from './results.ts'
import type { Sample } from './sample.ts'

/** Two samples against each other. */
export interface SampleComparison {
  /** Second minus first. */
  readonly difference: number
  readonly standardError: number
  /** Holds at all times together; null before there are enough units. */
  readonly interval: Interval | null
  /** May be looked at after every unit; null before there are enough. */
  readonly pValue: number | null
  /** Welch's, two-sided, for one look at a size fixed before; null where nothing varies. */
  readonly fixedPValue: number | null
  /** Difference relative to the first: 0.1 for ten per cent more. Null where the first is 0. */
  readonly lift: number | null
  readonly liftInterval: Interval | null
}

export interface ComparisonOptions {
  readonly control: Sample
  readonly arm: Sample
  /** Chance of a false alarm, however often one looks. */
  readonly alpha: number
}

/** Compare an arm with control. */
export function compareSamples(distributions: Distributions, options: ComparisonOptions): SampleComparison {
  const { control, arm, alpha } = options
  const difference = arm.mean - control.mean
  const variance = arm.varianceOfMean + control.varianceOfMean
  const standardError = Math.sqrt(variance)
  const sequence =
    standardError > 0 ? confidenceSequence({ difference, standardError, n: arm.n + control.n, alpha }) : undefined
  return {
    difference,
    standardError,
    interval: sequence?.interval ?? null,
    pValue: sequence?.pValue ?? null,
    fixedPValue: standardError > 0 ? welch(distributions, control, arm) : null,
    lift: control.mean === 0 ? null : difference / Math.abs(control.mean),
    liftInterval: null
  }
}

function welch(distributions: Distributions, control: Sample, arm: Sample): number | null {
  const variance = arm.varianceOfMean + control.varianceOfMean
  const degrees =
    variance ** 2 / (arm.varianceOfMean ** 2 / (arm.n - 1) + control.varianceOfMean ** 2 / (control.n - 1))
  if (!(degrees > 0)) return null
  return 2 * distributions.studentSurvival(Math.abs(arm.mean - control.mean) / Math.sqrt(variance), degrees)
}

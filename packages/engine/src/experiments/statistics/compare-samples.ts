import { adaptiveSequence, confidenceSequence, oneSidedSequence, type SequentialResult } from './confidence-sequence.ts'
import type { Distributions } from './distributions.ts'
import { evidenceOf } from './evidence.ts'
import type { Interval } from './results.ts'
import type { Sample } from './sample.ts'

/** Two samples to be compared. */
export interface SamplePair {
  readonly control: Sample
  readonly arm: Sample
  /** Chance of a false alarm, however often one looks. */
  readonly alpha: number
}

/** Two samples against each other. */
export interface SampleComparison {
  /** Arm minus control. */
  readonly difference: number
  /** Holds at all times together; null before there are enough units. */
  readonly interval: Interval | null
  /** May be looked at after every unit; null before there are enough. */
  readonly pValue: number | null
  /** Welch's, two-sided, for one look at a size fixed before; null where nothing varies. */
  readonly fixedPValue: number | null
  /** Difference relative to control: 0.1 for ten per cent more. Null where control is 0. */
  readonly lift: number | null
  /** Null where control is not clearly different from 0. */
  readonly liftInterval: Interval | null
}

/**
 * Compare an arm with control.
 * @param pair `isAdaptive` where shares of arms follow what came of earlier units
 */
export function compareSamples(
  distributions: Distributions,
  pair: SamplePair & { readonly isAdaptive?: boolean }
): SampleComparison {
  const { control, arm } = pair
  const difference = arm.mean - control.mean
  const sequence = sequenceOf(pair, pair.isAdaptive ?? false)
  return {
    difference,
    interval: sequence?.interval ?? null,
    pValue: sequence?.pValue ?? null,
    fixedPValue: welchPValue(distributions, control, arm),
    lift: finiteOrNull(difference / Math.abs(control.mean)),
    liftInterval: sequence === undefined ? null : liftInterval(pair, sequence.interval)
  }
}

/**
 * Between what the difference lies, where each end alone holds at all times with the chance 1 - alpha: for questions such
 * as whether an arm is worse than control by more than a tolerance.
 * @returns null before there are enough units
 */
export function boundDifference(distributions: Distributions, { control, arm, alpha }: SamplePair): Interval | null {
  const evidence = evidenceOf(control, arm)
  return evidence === undefined ? null : oneSidedSequence(distributions, { ...evidence, alpha })
}

function sequenceOf({ control, arm, alpha }: SamplePair, isAdaptive: boolean): SequentialResult | undefined {
  const evidence = evidenceOf(control, arm)
  if (evidence === undefined) return undefined
  if (!isAdaptive) return confidenceSequence({ ...evidence, alpha })
  return adaptiveSequence({
    difference: evidence.difference,
    variances: [control.varianceOfMean, arm.varianceOfMean],
    units: [control.n, arm.n],
    alpha
  })
}

/** Control's standard errors that it must be away from 0 before anything is said relative to it. */
const clearOfZero = 4

/** The interval of the ratio by the delta method, as wide in its standard errors as that of the difference is in its own. */
function liftInterval({ control, arm }: SamplePair, [low, high]: Interval): Interval | null {
  if (control.mean ** 2 <= clearOfZero ** 2 * control.varianceOfMean) return null
  const variance = arm.varianceOfMean + control.varianceOfMean
  const ofLift = arm.varianceOfMean + control.varianceOfMean * (arm.mean / control.mean) ** 2
  const lift = (arm.mean - control.mean) / Math.abs(control.mean)
  const width = (((high - low) / 2) * Math.sqrt(ofLift / variance)) / Math.abs(control.mean)
  return Number.isFinite(lift) && Number.isFinite(width) ? [lift - width, lift + width] : null
}

/**
 * Welch's t-test with the degrees of Satterthwaite.
 * @returns null where there are fewer than two units, or nothing varies
 */
function welchPValue(distributions: Distributions, control: Sample, arm: Sample): number | null {
  const variance = arm.varianceOfMean + control.varianceOfMean
  if (!(variance > 0) || !Number.isFinite(variance) || control.n < 2 || arm.n < 2) return null
  const [a, b] = [control.varianceOfMean / variance, arm.varianceOfMean / variance]
  const degrees = 1 / (a ** 2 / (control.n - 1) + b ** 2 / (arm.n - 1))
  const t = Math.abs(arm.mean - control.mean) / Math.sqrt(variance)
  return Math.min(1, 2 * distributions.studentSurvival(t, degrees))
}

/** Null for what is beyond the range of a double, or comes of what is. */
export function finiteOrNull(value: number): number | null {
  return Number.isFinite(value) ? value : null
}

import { optionError } from '@millrace/common'
import { confidenceSequence } from './confidence-sequence.ts'
import { type Distributions, loadDistributions } from './distributions.ts'
import { minimumEvents, minimumTold } from './evidence.ts'

/** What is to be found out. */
export interface SampleQuestion {
  /** What a unit of control is worth now: a rate, or a mean with its standard deviation. */
  readonly baseline: { readonly rate: number } | { readonly mean: number; readonly standardDeviation: number }
  /** The smallest difference to be seen: 0.05 relative is from 10 % to 10.5 %, 0.05 absolute from 10 % to 15 %. */
  readonly effect: { readonly relative: number } | { readonly absolute: number }
  /** Chance to see it when it is there, 0.5 or more (default 0.8). */
  readonly power?: number
  /** Chance to see something when there is nothing (default 0.05), over all comparisons. */
  readonly alpha?: number
  /** Share of control among the two that are compared (default 0.5). */
  readonly controlShare?: number
  /** Arms beside control (default 1), by whose number alpha is divided. */
  readonly comparisons?: number
}

/** Units that are needed. */
export interface PlannedUnits {
  readonly control: number
  /** Of each other arm. */
  readonly arm: number
}

/** How many units it takes. */
export interface SamplePlan {
  /** For one look at the end, by a two-sided z-test. */
  readonly fixed: PlannedUnits
  /**
   * For looks at any time: with so many, the last look alone has the power that was asked for, and earlier ones may end it
   * sooner.
   */
  readonly alwaysValid: PlannedUnits
}

/**
 * How many units an experiment needs.
 * @throws {MillraceError} MILL_OPTION_INVALID for what cannot be: a rate outside 0 to 1, an effect of nothing
 */
export async function planSample(question: SampleQuestion): Promise<SamplePlan> {
  return planWith(await loadDistributions(), question)
}

/** {@link planSample} where distributions are loaded already. */
export function planWith(distributions: Distributions, question: SampleQuestion): SamplePlan {
  const { power, alpha, controlShare } = checked(question)
  const { difference, variances, minimum } = sizeOf(question)
  const shares = [controlShare, 1 - controlShare] as const
  /** Variance of the difference for one unit in all. */
  const variance = variances[0] / shares[0] + variances[1] / shares[1]
  const units = (all: number): PlannedUnits => ({
    control: Math.ceil(all * shares[0]),
    arm: Math.ceil(all * shares[1])
  })
  const ofPower = distributions.normalQuantile(power)
  const fixed = ((ofPower - distributions.normalQuantile(alpha / 2)) ** 2 * variance) / difference ** 2
  const safe = Math.max(variance, variances[1] / shares[0] + variances[0] / shares[1])
  /** Units that say as much when shares are even, for each of all. */
  const clock = (2 * (variances[0] + variances[1])) / safe
  const standardErrors = (all: number): number => confidenceSequence({ ...unit, n: all * clock, alpha }).interval[1]
  let all = fixed
  for (let step = 0; step < 200; step++) {
    const width = standardErrors(all) * Math.sqrt(safe) + ofPower * Math.sqrt(variance)
    all = (width / difference) ** 2
  }
  return { fixed: units(fixed), alwaysValid: units(Math.max(all, minimum / Math.min(...shares))) }
}

const unit = { difference: 0, standardError: 1 }

/** Difference, variances of a unit of control and of an arm, and units without which nothing is said at all. */
interface EffectSize {
  readonly difference: number
  readonly variances: readonly [number, number]
  readonly minimum: number
}

function sizeOf({ baseline, effect }: SampleQuestion): EffectSize {
  const level = 'rate' in baseline ? baseline.rate : baseline.mean
  const difference = 'relative' in effect ? effect.relative * Math.abs(level) : effect.absolute
  if (!Number.isFinite(difference) || difference === 0)
    throw optionError('effect', 'a difference other than 0', difference)
  if (!('rate' in baseline))
    return { difference, variances: [unitVariance(baseline), unitVariance(baseline)], minimum: minimumTold }
  const [a, b] = [rate('baseline.rate', level), rate('rate with the effect', level + difference)]
  const rarer = Math.min((a + b) / 2, 1 - (a + b) / 2)
  return { difference, variances: [a * (1 - a), b * (1 - b)], minimum: minimumEvents / rarer }
}

function unitVariance({ standardDeviation }: { readonly standardDeviation: number }): number {
  return between('baseline.standardDeviation', standardDeviation, Infinity) ** 2
}

const rate = (name: string, value: number): number => between(name, value, 1)

function checked(question: SampleQuestion): { power: number; alpha: number; controlShare: number } {
  const { power = 0.8, alpha = 0.05, controlShare = 0.5, comparisons = 1 } = question
  if (!Number.isSafeInteger(comparisons) || comparisons < 1)
    throw optionError('comparisons', 'an integer >= 1', comparisons)
  return {
    power: power < 0.5 ? refused('power', 'at least 0.5', power) : between('power', power, 1),
    alpha: between('alpha', alpha, 1) / comparisons,
    controlShare: between('controlShare', controlShare, 1)
  }
}

function refused(name: string, expected: string, value: number): never {
  throw optionError(name, expected, value)
}

/** @throws {MillraceError} MILL_OPTION_INVALID unless 0 < value < high */
function between(name: string, value: number, high: number): number {
  if (value > 0 && value < high) return value
  throw optionError(name, high === Infinity ? 'a finite number > 0' : `between 0 and ${high}`, value)
}

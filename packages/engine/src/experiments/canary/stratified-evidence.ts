import { oneSidedSequence } from '../statistics/confidence-sequence.ts'
import type { Distributions } from '../statistics/distributions.ts'
import { evidenceOf } from '../statistics/evidence.ts'
import type { Interval } from '../statistics/results.ts'
import type { Sample } from '../statistics/sample.ts'

/** What canary and control achieved while shares of traffic stayed the same. */
export interface Stratum {
  readonly canary: Sample
  readonly control: Sample
}

/** Means over strata that both were in alike, so that their difference is the mean difference within strata. */
export interface StandardMeans {
  readonly canary: number
  readonly control: number
  /** Standard error of that of control. */
  readonly controlError: number
}

/**
 * How much a stratum weighs: by how well it tells the two apart, n1 n2 / (n1 + n2), which is the inverse of the variance of
 * the difference where units vary alike. Estimated variances would weigh those strata most where few failures happened
 * to come, so that harm looked smaller than it is.
 * @see Cochran, "Some methods for strengthening the common chi-square tests", Biometrics 10 (1954) 417-451
 */
function weightOf({ canary, control }: Stratum): number {
  return (canary.n * control.n) / (canary.n + control.n)
}

/** Undefined without strata. */
export function standardMeans(strata: readonly Stratum[]): StandardMeans | undefined {
  const total = strata.reduce((sum, stratum) => sum + weightOf(stratum), 0)
  if (!(total > 0)) return undefined
  const weighted = (of: (stratum: Stratum) => number): number =>
    strata.reduce((sum, stratum) => sum + weightOf(stratum) * of(stratum), 0) / total
  const squares = strata.reduce(
    (sum, stratum) => sum + (weightOf(stratum) / total) ** 2 * stratum.control.varianceOfMean,
    0
  )
  return {
    canary: weighted(({ canary }) => canary.mean),
    control: weighted(({ control }) => control.mean),
    controlError: Math.sqrt(squares)
  }
}

/**
 * Between what the mean of `canary - factor * control` lies, where each end alone holds at all times with the chance
 * 1 - alpha. Only what was measured at the same shares is compared, so that what changes with time, as with the hour, and
 * with the share of traffic cannot pretend a difference.
 * @returns null before there are enough units
 */
export function stratifiedBounds(
  distributions: Distributions,
  strata: readonly Stratum[],
  { factor, alpha }: { factor: number; alpha: number }
): Interval | null {
  let [total, difference, squares, n] = [0, 0, 0, 0]
  for (const stratum of strata) {
    const evidence = evidenceOf(scaled(stratum.control, factor), stratum.canary)
    if (evidence === undefined) continue
    const weight = weightOf(stratum)
    total += weight
    difference += weight * evidence.difference
    squares += (weight * evidence.standardError) ** 2
    n += evidence.n
  }
  if (total === 0) return null
  const standardError = Math.sqrt(squares) / total
  return oneSidedSequence(distributions, { difference: difference / total, standardError, n, alpha })
}

function scaled(sample: Sample, factor: number): Sample {
  return { ...sample, mean: factor * sample.mean, varianceOfMean: factor ** 2 * sample.varianceOfMean }
}

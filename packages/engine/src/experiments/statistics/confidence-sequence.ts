import type { Distributions } from './distributions.ts'
import type { Interval } from './results.ts'

/** Number of units at which intervals are tightest, as in GrowthBook. */
export const tunedFor = 5000

/** An interval that holds at all times together, and a p-value that may be looked at after every unit. */
export interface SequentialResult {
  readonly interval: Interval
  /** Of no difference. */
  readonly pValue: number
}

/** A difference of two samples, or a mean, as it stands. */
export interface Evidence {
  readonly difference: number
  readonly standardError: number
  /** Units that the standard error comes from, both arms together. */
  readonly n: number
  /** Chance of an error, 0 to 1, however often one looks. */
  readonly alpha: number
  /** Units at which the interval is to be tightest. */
  readonly tuning?: number
}

/**
 * GrowthBook's asymptotic confidence sequence: a normal mixture, tightest near `tuning` units.
 * @see Waudby-Smith et al., "Time-uniform central limit theory and asymptotic confidence sequences", arXiv 2103.06476,
 * equations 9, 155 and 161 of its version 7
 */
export function confidenceSequence(evidence: Evidence): SequentialResult {
  const { difference, standardError, n, alpha, tuning = tunedFor } = evidence
  const spread = n * rhoSquared(alpha, tuning) + 1
  const shrink = (spread - 1) / spread
  const width = standardError * Math.sqrt((2 / shrink) * Math.log(Math.sqrt(spread) / alpha))
  const z = difference / standardError
  const pValue = Math.min(1, Math.sqrt(spread) * Math.exp((-shrink * z * z) / 2))
  return { interval: [difference - width, difference + width], pValue }
}

/** Each end of the interval holds at all times with the chance 1 - alpha; both together with at least 1 - 2 alpha. */
export interface OneSidedResult {
  readonly interval: Interval
  /** Of a difference of `margin` at most; small when there is more. */
  readonly pValueOfMore: number
  /** Of a difference of `margin` at least. */
  readonly pValueOfLess: number
}

/**
 * The one-sided form of {@link confidenceSequence}, for questions such as whether something is worse by more than `margin`:
 * a mixture over the normal's upper half.
 * @see the same paper, appendix B.2
 */
export function oneSidedSequence(
  distributions: Distributions,
  evidence: Evidence & { readonly margin?: number }
): OneSidedResult {
  const { difference, standardError, n, alpha, tuning = tunedFor, margin = 0 } = evidence
  const nRhoSquared = n * rhoSquared(2 * alpha, tuning)
  const shrink = nRhoSquared / (nRhoSquared + 1)
  const logEvidence = (z: number): number => halfMixture(distributions, shrink, z)
  const width = standardError * rootOf(z => logEvidence(z) + Math.log(alpha))
  const z = (difference - margin) / standardError
  return {
    interval: [difference - width, difference + width],
    pValueOfMore: Math.min(1, Math.exp(-logEvidence(z))),
    pValueOfLess: Math.min(1, Math.exp(-logEvidence(-z)))
  }
}

/** The variance that the mixture has for the mean of one unit, in units of the variance of a unit. */
function rhoSquared(alpha: number, tuning: number): number {
  // Beyond 1 there is nothing to tune; 2 alpha may come near.
  const log = -2 * Math.log(Math.min(alpha, 0.999))
  return (log + Math.log1p(log)) / tuning
}

function halfMixture(distributions: Distributions, shrink: number, z: number): number {
  const tail = distributions.normalCdf(Math.sqrt(shrink) * z)
  if (tail === 0) return -Infinity
  return Math.LN2 + Math.log1p(-shrink) / 2 + (shrink * z * z) / 2 + Math.log(tail)
}

/** Where a rising function is 0, above 0. */
function rootOf(rising: (z: number) => number): number {
  let high = 1
  while (rising(high) < 0 && high < 1e8) high *= 2
  let low = 0
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (rising(middle) < 0) low = middle
    else high = middle
  }
  return high
}

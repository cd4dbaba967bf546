import type { Distributions } from './distributions.ts'
import type { Interval } from './results.ts'

/** Number of units at which intervals are tightest, as in GrowthBook. */
const tunedFor = 5000

/** A difference of two samples, or a mean, as it stands. */
export interface Evidence {
  readonly difference: number
  /** Above 0. */
  readonly standardError: number
  /** Units that the standard error comes from, both arms together. */
  readonly n: number
  /** Chance of an error, 0 to 1, however often one looks. */
  readonly alpha: number
  /** Units at which the interval is to be tightest. */
  readonly tuning?: number
}

/** An interval that holds at all times together, and a p-value that may be looked at after every unit. */
export interface SequentialResult {
  readonly interval: Interval
  /** Of no difference; at most alpha where the interval leaves 0 out, and only there. */
  readonly pValue: number
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
  const pValue = Math.min(1, Math.exp((Math.log(spread) - shrink * z * z) / 2))
  return { interval: [difference - width, difference + width], pValue }
}

/**
 * The one-sided form of {@link confidenceSequence}, for questions such as whether something is worse by more than a margin:
 * a mixture over one half of the normal. Each end holds at all times with the chance 1 - alpha, so that both together do
 * with 1 - 2 alpha at least.
 * @see the same paper, appendix B
 */
export function oneSidedSequence(distributions: Distributions, evidence: Evidence): Interval {
  const { difference, standardError, n, alpha, tuning = tunedFor } = evidence
  const spread = n * rhoSquared(2 * alpha, tuning)
  const shrink = spread / (spread + 1)
  const logEvidence = (z: number): number =>
    Math.LN2 + Math.log1p(-shrink) / 2 + (shrink * z * z) / 2 + Math.log(distributions.normalCdf(Math.sqrt(shrink) * z))
  const width = standardError * rootOf(z => logEvidence(z) + Math.log(alpha))
  return [difference - width, difference + width]
}

/** Two means, for {@link adaptiveSequence}. */
export interface AdaptiveEvidence {
  readonly difference: number
  /** Variances of the two means, at least one above 0. */
  readonly variances: readonly [number, number]
  /** Units of each. */
  readonly units: readonly [number, number]
  readonly alpha: number
  readonly tuning?: number
}

/**
 * The confidence sequence of a difference where shares of arms follow what came of earlier units, as in a bandit: the
 * product of one mixture for each arm, because each of them is sure of its own mean whenever its units come. Wider than
 * {@link confidenceSequence}, which may be wrong there.
 */
export function adaptiveSequence(evidence: AdaptiveEvidence): SequentialResult {
  const { difference, variances, units, alpha, tuning = tunedFor } = evidence
  const spreads = units.map(n => n * rhoSquared(alpha, tuning / 2) + 1)
  const variance = variances.reduce((sum, one, arm) => sum + (one * spreads[arm]!) / (spreads[arm]! - 1), 0)
  const logSpread = Math.log(spreads[0]! * spreads[1]!)
  const width = Math.sqrt(variance * (logSpread - 2 * Math.log(alpha)))
  const pValue = Math.min(1, Math.exp((logSpread - difference ** 2 / variance) / 2))
  return { interval: [difference - width, difference + width], pValue }
}

/** How far the mixture reaches, squared, in standard errors of a single unit. */
function rhoSquared(alpha: number, tuning: number): number {
  const log = -2 * Math.log(Math.min(alpha, 0.999)) // 2 alpha may reach 1, where there is nothing to tune
  return (log + Math.log1p(log)) / tuning
}

/** Where a function that rises above 0 is 0. */
function rootOf(rising: (z: number) => number): number {
  let high = 1
  while (rising(high) < 0) high *= 2
  let low = 0
  for (let step = 0; step < 52; step++) {
    const middle = (low + high) / 2
    if (rising(middle) < 0) low = middle
    else high = middle
  }
  return high
}

import { bestArmProbabilities } from './best-arm.ts'
import type { Distributions } from './distributions.ts'
import { type Posterior, posteriorsOf } from './posterior.ts'
import type { Sample } from './sample.ts'

/** How weights follow what arms achieve. */
export interface ThompsonOptions {
  /** One an arm, see `sampleOf`. */
  readonly samples: readonly (Sample | undefined)[]
  readonly goal: 'increase' | 'decrease'
  /** Least share of an arm (default 0.01). */
  readonly floor?: number
  /** Units of each arm before weights move (default 100). */
  readonly minUnits?: number
}

/** What a bandit decides. */
export interface ThompsonWeights {
  /** Shares that sum to 1, by the index of the arm, none below the floor. */
  readonly weights: readonly number[]
  /** Chance of each arm to be the best. */
  readonly probabilities: readonly number[]
}

/**
 * Give each arm the chance that it is the best, as Thompson sampling does on average, above a floor.
 * @returns undefined while weights must not move: an arm has fewer than `minUnits`, or nothing is known yet
 */
export function thompsonWeights(distributions: Distributions, options: ThompsonOptions): ThompsonWeights | undefined {
  const { samples, goal, floor = 0.01, minUnits = 100 } = options
  if (samples.some(sample => sample === undefined || sample.n < minUnits)) return undefined
  const posteriors = posteriorsOf(samples)
  if (posteriors === undefined) return undefined
  const probabilities = bestArmProbabilities(distributions, goal === 'increase' ? posteriors : posteriors.map(negated))
  const least = Math.min(floor, 1 / samples.length)
  return { weights: probabilities.map(chance => least + (1 - samples.length * least) * chance), probabilities }
}

/** The belief about what is lower, or about failures in place of successes. */
export function negated(posterior: Posterior): Posterior {
  return posterior.kind === 'normal'
    ? { ...posterior, mean: -posterior.mean }
    : { kind: 'beta', a: posterior.b, b: posterior.a }
}

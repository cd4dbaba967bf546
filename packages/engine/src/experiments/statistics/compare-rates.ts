import { oneSidedSequence } from './confidence-sequence.ts'
import type { Distributions } from './distributions.ts'
import { evidenceOf } from './evidence.ts'
import { type Rate, type RateIntervals, type RatePair, rateSequence } from './rate-sequence.ts'
import type { Interval } from './results.ts'
import { rateOf } from './sample.ts'

/** Part of alpha that the exact sequence has. */
const exactShare = 0.2

/**
 * Compare two rates from the first request on, such as those of requests that fail. Each end of an interval alone holds at
 * all times with the chance 1 - alpha. A fifth of alpha goes to the exact sequence, which sees what is plain after a few
 * requests, the rest to the one-sided confidence sequence, which is tighter as soon as there are enough.
 */
export function compareRates(distributions: Distributions, { control, arm, alpha }: RatePair): RateIntervals {
  const exact = rateSequence(distributions, { control, arm, alpha: exactShare * alpha })
  const approximate = approximateSequence(distributions, { control, arm, alpha: (1 - exactShare) * alpha })
  if (approximate === undefined) return exact
  return {
    difference: common(exact.difference, approximate.difference),
    ratio: common(exact.ratio, approximate.ratio)
  }
}

function approximateSequence(
  distributions: Distributions,
  { control, arm, alpha }: RatePair
): RateIntervals | undefined {
  const [a, b] = [rateOf(control.successes, control.n), rateOf(arm.successes, arm.n)]
  const evidence = a && b && evidenceOf(a, b)
  if (evidence === undefined) return undefined
  const difference = oneSidedSequence(distributions, { ...evidence, alpha })
  const deviations = (difference[1] - difference[0]) / 2 / Math.sqrt(a!.varianceOfMean + b!.varianceOfMean)
  return { difference, ratio: ratioInterval(control, arm, deviations) }
}

/** By the delta method on the logarithm, as many standard errors wide as the difference. */
function ratioInterval(control: Rate, arm: Rate, deviations: number): Interval {
  if (Math.min(control.successes, arm.successes) === 0) return [0, Infinity]
  const variance = 1 / control.successes - 1 / control.n + 1 / arm.successes - 1 / arm.n
  const ratio = arm.successes / arm.n / (control.successes / control.n)
  const factor = Math.exp(deviations * Math.sqrt(variance))
  return [ratio / factor, ratio * factor]
}

/** What both hold; where they have nothing in common, the first. */
function common(one: Interval, other: Interval): Interval {
  const [low, high] = [Math.max(one[0], other[0]), Math.min(one[1], other[1])]
  return low <= high ? [low, high] : one
}

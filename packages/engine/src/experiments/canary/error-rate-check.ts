import type { Guard } from '../experiment.ts'
import type { CanaryCheck } from '../experiments.ts'
import type { ArmTally } from '../ledger/ledger.ts'
import type { Distributions } from '../statistics/distributions.ts'
import { type Rate, rateSequence } from '../statistics/rate-sequence.ts'
import type { Interval } from '../statistics/results.ts'
import { rateOf, type Sample } from '../statistics/sample.ts'
import { type GuardedSteps, noData, saidBy, strataOf } from './guarded-steps.ts'
import { bothHold, exactAlpha, exactShare } from './rate-harm.ts'
import { standardMeans, stratifiedBounds } from './stratified-evidence.ts'

/**
 * Difference of error rates that a tolerance relative to control lets pass in any case: half a percentage point. Where
 * next to nothing fails, twice that is no reason to roll back, and could not be told from it within a day.
 */
const leastErrorTolerance = 0.005

/** From where on harm is too much: the share `tolerance` more than control, which is `ratio` times control if given. */
interface Boundary {
  readonly tolerance: number
  readonly ratio: number | undefined
}

/**
 * Compares shares of requests that failed, of those that were run. Two sequences share alpha. A fifth has an exact one for
 * each step, which needs no large numbers: a candidate whose every request fails is found after three to six of them. The
 * rest has the normal mixture over all steps, which is tighter once there are ten failures to be expected in each arm.
 * Harm is an absolute difference, also for a tolerance that is relative.
 * @see rateSequence, and Lindon and Malek, "Anytime-valid inference for multinomial count data", NeurIPS 2022, for
 *   sequential tests of errors in canaries
 */
export function errorRateCheck(distributions: Distributions, guarded: GuardedSteps): CanaryCheck {
  const { guard, steps } = guarded
  const strata = strataOf(steps, sampleOfErrors)
  const means = standardMeans(strata)
  if (means === undefined) return noData(guard)
  const { canary, control } = means
  const { tolerance, ratio } = boundaryOf(guard, control)
  const alpha = (1 - exactShare) * guarded.alpha
  const bounds = stratifiedBounds(distributions, strata, { factor: ratio ?? 1, alpha })
  const margin = ratio === undefined ? 0 : tolerance
  const approximate: Interval | null = bounds && [bounds[0] + margin, bounds[1] + margin]
  const exact = exactBounds(distributions, guarded, { tolerance, ratio, control })
  const interval = bothHold(exact, approximate)
  const says = saidBy(interval, tolerance)
  return { measure: guard.measure, canary, control, harm: canary - control, interval, tolerance, says }
}

function boundaryOf({ tolerance, isRelative }: Guard, control: number): Boundary {
  if (!isRelative) return { tolerance, ratio: undefined }
  const relative = tolerance * control
  return relative > leastErrorTolerance
    ? { tolerance: relative, ratio: 1 + tolerance }
    : { tolerance: leastErrorTolerance, ratio: undefined }
}

/** Requests that came to an arm and were run. What the cache answers cannot fail, and a new version has no cache yet. */
function errorsOf({ requests, cached, failures }: ArmTally): Rate {
  return { n: requests - cached + failures, successes: failures }
}

function sampleOfErrors(tally: ArmTally): Sample | undefined {
  const { n, successes } = errorsOf(tally)
  return rateOf(successes, n)
}

/**
 * By the present step alone: earlier ones were not breached. For a boundary that is a ratio, what is known of the ratio is
 * told as the harm that has the same distance from the boundary.
 */
function exactBounds(
  distributions: Distributions,
  guarded: GuardedSteps,
  { tolerance, ratio, control }: Boundary & { control: number }
): Interval {
  const now = guarded.steps.at(-1)!
  const rates = { control: errorsOf(now.control), arm: errorsOf(now.canary) }
  if (rates.control.n === 0 || rates.arm.n === 0) return [-1, 1]
  const bounds = rateSequence(distributions, { ...rates, alpha: exactAlpha(guarded) })
  if (ratio === undefined) return bounds.difference
  const harmAt = (end: number): number => Math.min(1, tolerance + (end - ratio) * control)
  return [harmAt(bounds.ratio[0]), harmAt(bounds.ratio[1])]
}

import { latencyBounds } from '../ledger/arm-counts.ts'
import type { ArmTally, LatencyTally } from '../ledger/ledger.ts'
import { boundDifference } from './compare-samples.ts'
import { compareRates } from './compare-rates.ts'
import type { Distributions } from './distributions.ts'
import { quantileInterval, quantileOf } from './latency-quantile.ts'
import type { Rate } from './rate-sequence.ts'
import type { Guardrail, Interval } from './results.ts'
import type { Sample } from './sample.ts'

/** An arm and control, for guardrails. */
export interface GuardedPair {
  readonly name: string
  readonly arm: ArmTally
  readonly control: ArmTally
  /** Chance that an arm no worse than control is said to be, however often one looks, of each measure. */
  readonly alpha: number
}

/**
 * What may not suffer, of one arm. A measure is breached only when its interval, which holds whenever one looks, has no
 * room for no harm. Requests count as independent of each other.
 */
export function guardrailsOf(distributions: Distributions, pair: GuardedPair): Guardrail[] {
  return [
    errorRateGuardrail(distributions, pair),
    meanGuardrail(distributions, pair),
    slowGuardrail(distributions, pair)
  ]
}

/** Share of the requests to an arm that failed; those that never came to it are not counted. */
function errorRateOf({ requests, failures }: ArmTally): Rate {
  return { n: requests + failures, successes: failures }
}

/** Logarithms of milliseconds: their difference is the logarithm of a ratio, and one slow request does not weigh much. */
export function latencySample({ count, sumLog, sumLogSquares }: LatencyTally): Sample | undefined {
  if (count < 2) return undefined
  const mean = sumLog / count
  const variance = Math.max(0, (sumLogSquares - sumLog * mean) / (count - 1))
  return { n: count, mean, varianceOfMean: variance / count, told: count, isRate: false }
}

function errorRateGuardrail(distributions: Distributions, { name, arm, control, alpha }: GuardedPair): Guardrail {
  const [ofControl, ofArm] = [errorRateOf(control), errorRateOf(arm)]
  const isKnown = ofControl.n > 0 && ofArm.n > 0
  const interval = isKnown ? compareRates(distributions, { control: ofControl, arm: ofArm, alpha }).difference : null
  return {
    measure: 'error_rate',
    arm: name,
    value: ofArm.n > 0 ? ofArm.successes / ofArm.n : null,
    control: ofControl.n > 0 ? ofControl.successes / ofControl.n : null,
    interval,
    isBreached: interval !== null && interval[0] > 0
  }
}

function meanGuardrail(distributions: Distributions, { name, arm, control, alpha }: GuardedPair): Guardrail {
  const [ofControl, ofArm] = [latencySample(control.latency), latencySample(arm.latency)]
  const bounds = ofControl && ofArm ? boundDifference(distributions, { control: ofControl, arm: ofArm, alpha }) : null
  return ratioGuardrail('latency_mean', name, {
    value: ofArm === undefined ? null : Math.exp(ofArm.mean),
    control: ofControl === undefined ? null : Math.exp(ofControl.mean),
    interval: bounds === null ? null : [Math.exp(bounds[0]), Math.exp(bounds[1])]
  })
}

const slow = 0.95

function slowGuardrail(distributions: Distributions, { name, arm, control, alpha }: GuardedPair): Guardrail {
  const boundsOf = ({ latency }: ArmTally): Interval | null =>
    quantileInterval(distributions, {
      histogram: latency.histogram,
      bounds: latencyBounds,
      quantile: slow,
      alpha: alpha / 2
    })
  const [ofControl, ofArm] = [boundsOf(control), boundsOf(arm)]
  return ratioGuardrail('latency_p95', name, {
    value: quantileOf(arm.latency.histogram, latencyBounds, slow),
    control: quantileOf(control.latency.histogram, latencyBounds, slow),
    interval: ofControl === null || ofArm === null ? null : [ofArm[0] / ofControl[1], ofArm[1] / ofControl[0]]
  })
}

function ratioGuardrail(
  measure: Guardrail['measure'],
  arm: string,
  { value, control, interval }: { value: number | null; control: number | null; interval: Interval | null }
): Guardrail {
  return { measure, arm, value, control, interval, isBreached: interval !== null && interval[0] > 1 }
}

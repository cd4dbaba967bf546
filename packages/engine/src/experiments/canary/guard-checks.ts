import type { CanaryPlan, Guard, Metric } from '../experiment.ts'
import type { CanaryCheck } from '../experiments.ts'
import type { Distributions } from '../statistics/distributions.ts'
import { latencySample } from '../statistics/guardrails.ts'
import type { Interval } from '../statistics/results.ts'
import { sampleOf } from '../statistics/sample.ts'
import { errorRateCheck } from './error-rate-check.ts'
import { type GuardedSteps, noData, saidBy, type StepTallies, strataOf } from './guarded-steps.ts'
import { bothHold, exactHarm, exactShare, isShare } from './rate-harm.ts'
import { type Stratum, standardMeans, stratifiedBounds } from './stratified-evidence.ts'

/** What guards are checked by. */
export interface Checked {
  readonly plan: CanaryPlan
  readonly metrics: readonly Metric[]
  /** Of all steps so far, the present one last. */
  readonly steps: readonly StepTallies[]
}

/** Standard errors that control must be away from 0 before anything is said relative to it. */
const clearOfZero = 4

/**
 * What each guard says. Alpha is split evenly over the guards of the plan, whether or not there are numbers for them, so
 * that all together roll back a candidate that does no harm beyond their tolerances with a chance of alpha at most,
 * however often one looks. A guard is breached when the lower end of what is known of the harm is above the tolerance,
 * and passed when the upper end is below.
 */
export function guardChecks(distributions: Distributions, { plan, metrics, steps }: Checked): CanaryCheck[] {
  const { guards } = plan
  return guards.map(guard => {
    const guarded = { guard, alpha: plan.alpha / guards.length, stepCount: plan.steps.length, steps }
    if (guard.measure === 'error_rate') return errorRateCheck(distributions, guarded)
    if (guard.measure === 'latency') return latencyCheck(distributions, guarded)
    const metric = metrics.find(({ name }) => name === guard.measure)
    return metric === undefined ? noData(guard) : metricCheck(distributions, guarded, metric)
  })
}

/** Mean of the logarithms of milliseconds, of requests that were not answered from the cache: the ratio of typical times. */
function latencyCheck(distributions: Distributions, { guard, alpha, steps }: GuardedSteps): CanaryCheck {
  const { measure, tolerance } = guard
  const strata = strataOf(steps, ({ latency }) => latencySample(latency))
  const means = standardMeans(strata)
  if (means === undefined) return noData(guard)
  const bounds = stratifiedBounds(distributions, strata, { factor: 1, alpha })
  const interval: Interval | null = bounds && [Math.expm1(bounds[0]), Math.expm1(bounds[1])]
  const [canary, control] = [Math.exp(means.canary), Math.exp(means.control)]
  const harm = Math.expm1(means.canary - means.control)
  return { measure, canary, control, harm, interval, tolerance, says: saidBy(interval, tolerance) }
}

function metricCheck(distributions: Distributions, guarded: GuardedSteps, metric: Metric): CanaryCheck {
  const { guard, steps } = guarded
  const { name, kind, goal } = metric
  const { tolerance, isRelative } = guard
  const strata = isTold(steps, name) ? strataOf(steps, tally => sampleOf(kind, tally, name)) : []
  const means = standardMeans(strata)
  if (means === undefined) return noData(guard)
  const { canary, control, controlError } = means
  const sign = goal === 'decrease' ? 1 : -1
  const scale = isRelative ? Math.abs(control) : 1
  const isClear = !isRelative || scale > clearOfZero * controlError
  const exact = isShare(metric) ? exactHarm(distributions, guarded, { metric, sign }) : null
  const alpha = isShare(metric) ? (1 - exactShare) * guarded.alpha : guarded.alpha
  const bounds = isClear ? boundsOfMargin(distributions, strata, { guard, alpha, sign, control }) : null
  const approximate: Interval | null = bounds && [tolerance + bounds[0] / scale, tolerance + bounds[1] / scale]
  const interval = exact === null ? approximate : bothHold(exact, approximate)
  const harm = scale === 0 ? null : (sign * (canary - control)) / scale
  return { measure: name, canary, control, harm, interval, tolerance, says: saidBy(interval, tolerance) }
}

/**
 * Between what the harm beyond the tolerance lies, in units of the metric: sign * (canary - control) less the tolerance,
 * or less so much of control, which is linear in control where its sign is known.
 */
function boundsOfMargin(
  distributions: Distributions,
  strata: readonly Stratum[],
  { guard, alpha, sign, control }: { guard: Guard; alpha: number; sign: 1 | -1; control: number }
): Interval | null {
  const { tolerance, isRelative } = guard
  const factor = isRelative ? 1 + sign * Math.sign(control) * tolerance : 1
  const bounds = stratifiedBounds(distributions, strata, { factor, alpha })
  if (bounds === null) return null
  const [low, high] = sign === 1 ? bounds : [-bounds[1], -bounds[0]]
  const margin = isRelative ? 0 : tolerance
  return [low - margin, high - margin]
}

/** Rates are known of all units, but mean nothing while nobody tells them. */
function isTold(steps: readonly StepTallies[], metric: string): boolean {
  return steps.some(({ canary, control }) =>
    [canary, control].some(({ metrics }) => (metrics.get(metric)?.count ?? 0) > 0)
  )
}

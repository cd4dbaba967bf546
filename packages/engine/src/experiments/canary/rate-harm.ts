import type { Metric } from '../experiment.ts'
import type { ArmTally } from '../ledger/ledger.ts'
import type { Distributions } from '../statistics/distributions.ts'
import { type Rate, rateSequence } from '../statistics/rate-sequence.ts'
import type { Interval } from '../statistics/results.ts'
import { sampleOf } from '../statistics/sample.ts'
import type { GuardedSteps } from './guarded-steps.ts'

/** Part of the alpha of a guard that the exact sequence has, where there is one. */
export const exactShare = 0.2

/** The alpha of an exact sequence that looks at the present step alone. */
export function exactAlpha({ alpha, stepCount }: GuardedSteps): number {
  return (exactShare * alpha) / stepCount
}

/** What both hold; where they have nothing in common, the first. */
export function bothHold(one: Interval, other: Interval | null): Interval {
  if (other === null) return one
  const [low, high] = [Math.max(one[0], other[0]), Math.min(one[1], other[1])]
  return low <= high ? [low, high] : one
}

/** Whether each unit counts 0 to 1 in a metric, so that something exact can be said of it. */
export function isShare({ kind }: Metric): boolean {
  return kind === 'conversion' || kind === 'accuracy'
}

/**
 * Within what harm to a share lies, exactly, by the present step alone: earlier ones were not breached. It needs no large
 * numbers, and none of both kinds: two versions that are always right have no variance to go by, and are as good all the
 * same.
 * @returns null where nobody was counted, and for a tolerance relative to a control that never succeeded
 */
export function exactHarm(
  distributions: Distributions,
  guarded: GuardedSteps,
  { metric, sign }: { metric: Metric; sign: 1 | -1 }
): Interval | null {
  const { canary, control } = guarded.steps.at(-1)!
  const rates = { control: rateIn(control, metric), arm: rateIn(canary, metric) }
  if (rates.control === undefined || rates.arm === undefined) return null
  if (guarded.guard.isRelative && rates.control.successes === 0) return null
  const known = rateSequence(distributions, {
    control: rates.control,
    arm: rates.arm,
    alpha: exactAlpha(guarded)
  })
  const [low, high] = guarded.guard.isRelative ? lessOne(known.ratio) : known.difference
  return sign === 1 ? [low, high] : [-high, -low]
}

/** Units, not what was told of them, which belongs together. */
function rateIn(arm: ArmTally, { kind, name }: Metric): Rate | undefined {
  const sample = sampleOf(kind, arm, name)
  return sample === undefined ? undefined : { n: sample.n, successes: sample.mean * sample.n }
}

function lessOne([low, high]: Interval): Interval {
  return [low - 1, high - 1]
}

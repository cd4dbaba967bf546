import type { Guard } from '../experiment.ts'
import type { CanaryCheck } from '../experiments.ts'
import type { ArmTally } from '../ledger/ledger.ts'
import type { Interval } from '../statistics/results.ts'
import type { Sample } from '../statistics/sample.ts'
import type { Stratum } from './stratified-evidence.ts'

/** What is known of canary and control in one step. */
export interface StepTallies {
  readonly canary: ArmTally
  readonly control: ArmTally
}

/** A guard, and the part of alpha that it has. */
export interface GuardedSteps {
  readonly guard: Guard
  readonly alpha: number
  /** Steps that there will be. */
  readonly stepCount: number
  /** Steps so far, the present one last. */
  readonly steps: readonly StepTallies[]
}

/** Nothing to compare yet. */
export function noData({ measure, tolerance }: Guard): CanaryCheck {
  return { measure, canary: null, control: null, harm: null, interval: null, tolerance, says: 'no data' }
}

/** What is to be said by what is known of the harm. */
export function saidBy(interval: Interval | null, tolerance: number): CanaryCheck['says'] {
  if (interval === null) return 'unsure'
  if (interval[0] > tolerance) return 'breach'
  return interval[1] < tolerance ? 'pass' : 'unsure'
}

/** Steps in which both have something to take the mean of. */
export function strataOf(
  steps: readonly StepTallies[],
  sample: (tally: ArmTally) => Sample | undefined
): readonly Stratum[] {
  return steps.flatMap(step => {
    const [canary, control] = [sample(step.canary), sample(step.control)]
    return canary === undefined || control === undefined ? [] : [{ canary, control }]
  })
}

import type { Evidence } from './confidence-sequence.ts'
import type { Sample } from './sample.ts'

/** Units of each kind, 1 and 0, that each arm must be expected to have before anything is said of rates. */
export const minimumEvents = 10

/** Units of which something was told that each arm must be expected to have before anything is said of other means. */
export const minimumTold = 100

/** What two samples say of their difference. */
export type DifferenceEvidence = Omit<Evidence, 'alpha'>

/**
 * What two samples say of their difference, at any time.
 *
 * An arm with few units that happens to have few successes looks surer of itself than it is. So the standard error is no
 * smaller than it would be if each arm varied as the other does; with as many units in each it is the usual one. And what
 * counts as the number of units is how many would say as much if arms had equal shares, so that what was learned when
 * an arm had another share counts for what it is worth.
 * @returns undefined before there are enough units
 */
export function evidenceOf(control: Sample, arm: Sample): DifferenceEvidence | undefined {
  if (!isEnough(control, arm)) return undefined
  const variance = safeVariance(control, arm)
  const n = (2 * (control.varianceOfMean * control.n + arm.varianceOfMean * arm.n)) / variance
  // Where nothing varies, or more than a double holds, there is no telling.
  if (!(n > 0) || !Number.isFinite(n) || !Number.isFinite(variance)) return undefined
  return { difference: arm.mean - control.mean, standardError: Math.sqrt(variance), n }
}

/**
 * Whether two samples have enough units for the normal distribution to be near. Of both arms taken together, so that an arm
 * where all or none succeed is no obstacle.
 */
function isEnough(control: Sample, arm: Sample): boolean {
  const smaller = Math.min(control.n, arm.n)
  const told = (control.told + arm.told) / (control.n + arm.n)
  if (!control.isRate) return smaller >= minimumTold && told * smaller >= minimumTold
  return Math.min(told, 1 - told) * smaller >= minimumEvents
}

function safeVariance(control: Sample, arm: Sample): number {
  const usual = control.varianceOfMean + arm.varianceOfMean
  const exchanged = (control.varianceOfMean * control.n) / arm.n + (arm.varianceOfMean * arm.n) / control.n
  return Math.max(usual, exchanged)
}

import type { Distributions } from './distributions.ts'
import type { SampleRatio } from './results.ts'

/** Below this there is an alarm. */
const mismatchBelow = 0.001

/**
 * Whether units came to arms as their weights say: Pearson's chi-square test. Arms without weight are left out, and so
 * are their degrees of freedom; a unit in one of them is a mismatch all the same.
 * @param observed units of each arm @param weights not below 0
 * @returns null where there is nothing to test: no units yet, or fewer than two arms with weight
 */
export function sampleRatio(
  distributions: Distributions,
  observed: readonly number[],
  weights: readonly number[]
): SampleRatio | null {
  const units = sum(observed)
  const all = sum(weights)
  const expected = weights.map(weight => (units * weight) / all)
  const degrees = weights.filter(weight => weight > 0).length - 1
  if (!(units > 0) || degrees < 1) return null
  const isImpossible = weights.some((weight, arm) => weight === 0 && observed[arm]! > 0)
  const chiSquare = sum(expected.map((count, arm) => (count > 0 ? (observed[arm]! - count) ** 2 / count : 0)))
  const pValue = isImpossible ? 0 : distributions.chiSquareSurvival(chiSquare, degrees)
  return { observed: [...observed], expected, chiSquare, degrees, pValue, isMismatch: pValue < mismatchBelow }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

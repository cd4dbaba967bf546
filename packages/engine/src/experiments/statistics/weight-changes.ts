import type { ExperimentRecord, HistoryEntry } from '../experiment.ts'

/** Entries with which a phase begins, and numbers with it. */
const beginnings = new Set(['created', 'started', 'phase'])

/** Weights are the same that differ by less: a coverage of its own leaves each arm a few buckets more or less. */
const sameWeight = 0.002

/**
 * Whether an experiment gave its arms other shares since its phase began, so that units of one share are in the numbers
 * with units of another.
 */
export function weightsChanged({ history }: ExperimentRecord): boolean {
  let base: readonly unknown[] | undefined
  let isChanged = false
  for (const entry of history) {
    const weights = weightsIn(entry) ?? base
    if (beginnings.has(entry.what)) isChanged = false
    else if (base !== undefined && !isSame(weights!, base)) isChanged = true
    base = weights
  }
  return isChanged
}

function weightsIn({ details }: HistoryEntry): readonly unknown[] | undefined {
  return Array.isArray(details['weights']) ? details['weights'] : undefined
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return (
    one.length === other.length &&
    one.every((weight, arm) => Math.abs(Number(weight) - Number(other[arm])) < sameWeight)
  )
}

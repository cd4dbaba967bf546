import { type Allocation, bucketCount } from './experiment.ts'

/** In a table of buckets: belongs to no arm. */
export const noArm = 255

/** Most arms that a table of buckets can tell apart. */
export const mostArms = 20

/**
 * Who has which buckets when an experiment begins: just those that GrowthBook gives to its variations, with the same
 * rounding. Arm i has `[c, c + coverage * w)`, where w is its weight and c the sum of those before it.
 * @param weights 0 to 1 each, 1 in all; at most {@link mostArms}
 */
export function firstAllocation(weights: readonly number[], coverage: number): Allocation {
  return runsOf(growthbookTable(weights, coverage))
}

/**
 * Other weights or another coverage, with the fewest buckets moved from what they were: as many leave arms as the arms
 * that shrink have too many. Raising the coverage moves none. An arm gets, of the buckets that are free, those first that
 * {@link firstAllocation} would give it; each arm has as many as there. Arms may be added at the end.
 */
export function reallocate(before: Allocation, weights: readonly number[], coverage: number): Allocation {
  const ideal = growthbookTable(weights, coverage)
  const missing = bucketCounts(ideal, weights.length)
  const table = tableOf(before)
  for (const arm of table) if (arm !== noArm) missing[arm]!--
  releaseSurplus(table, ideal, missing)
  const take = (bucket: number, arm: number): void => {
    table[bucket] = arm
    missing[arm]!--
  }
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const arm = ideal[bucket]!
    if (table[bucket] === noArm && arm !== noArm && missing[arm]! > 0) take(bucket, arm)
  }
  for (let bucket = 0, arm = 0; bucket < bucketCount; bucket++) {
    if (table[bucket] !== noArm) continue
    while (arm < missing.length && missing[arm]! <= 0) arm++
    if (arm === missing.length) break
    take(bucket, arm)
  }
  return runsOf(table)
}

/** Buckets that belong to the same arm in both. */
export function commonTo(one: Allocation, other: Allocation): Allocation {
  const others = tableOf(other)
  return runsOf(tableOf(one).map((arm, bucket) => (others[bucket] === arm ? arm : noArm)))
}

/** For routing: the index of the arm by bucket, or {@link noArm}. */
export function tableOf(allocation: Allocation): Uint8Array {
  const table = new Uint8Array(bucketCount).fill(noArm)
  for (const [first, end, arm] of allocation) table.fill(arm, first, end)
  return table
}

/** Share of all buckets that each arm has, by its index: the chance with which a unit comes to it. */
export function sharesOf(allocation: Allocation, arms: number): number[] {
  return sizesOf(allocation, arms).map(count => count / bucketCount)
}

/** Shares of the arms among the units that take part: 1 in all, unless none does. */
export function weightsOf(allocation: Allocation, arms: number): number[] {
  const counts = sizesOf(allocation, arms)
  const all = counts.reduce((sum, count) => sum + count, 0)
  return counts.map(count => (all === 0 ? 0 : count / all))
}

/** Buckets of each arm. */
function sizesOf(allocation: Allocation, arms: number): number[] {
  const sizes = Array.from({ length: arms }, () => 0)
  for (const [first, end, arm] of allocation) sizes[arm]! += end - first
  return sizes
}

/** Arms give up what they have too many of: first what would be another's, and of that the last. */
function releaseSurplus(table: Uint8Array, ideal: Uint8Array, missing: number[]): void {
  for (const isOwn of [false, true]) {
    for (let bucket = bucketCount - 1; bucket >= 0; bucket--) {
      const arm = table[bucket]!
      if (arm === noArm || missing[arm]! >= 0 || (ideal[bucket] === arm) !== isOwn) continue
      table[bucket] = noArm
      missing[arm]!++
    }
  }
}

function growthbookTable(weights: readonly number[], coverage: number): Uint8Array {
  let sum = 0
  const ranges = weights.map(weight => {
    const start = sum
    sum += weight
    return { start, end: start + coverage * weight }
  })
  const armOf = (bucket: number): number => {
    const value = bucket / bucketCount
    const arm = ranges.findIndex(({ start, end }) => value >= start && value < end)
    return arm === -1 ? noArm : arm
  }
  return Uint8Array.from({ length: bucketCount }, (_, bucket) => armOf(bucket))
}

function bucketCounts(table: Uint8Array, arms: number): number[] {
  const counts = Array.from({ length: arms }, () => 0)
  for (const arm of table) if (arm !== noArm) counts[arm]!++
  return counts
}

function runsOf(table: Uint8Array): Allocation {
  const runs: [number, number, number][] = []
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const arm = table[bucket]!
    const last = runs.at(-1)
    if (last?.[1] === bucket && last[2] === arm) last[1]++
    else if (arm !== noArm) runs.push([bucket, bucket + 1, arm])
  }
  return runs
}

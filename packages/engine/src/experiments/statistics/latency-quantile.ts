import type { Distributions } from './distributions.ts'
import { rateInterval } from './rate-sequence.ts'
import type { Interval } from './results.ts'

/** A histogram to find a quantile in. */
export interface HistogramQuestion {
  /** Counts by upper bound, the last of what is above all bounds. */
  readonly histogram: readonly number[]
  /** Ascending, one fewer than there are counts. */
  readonly bounds: readonly number[]
  /** 0 to 1. */
  readonly quantile: number
}

/** A quantile, evenly between the bounds of its bucket; null without counts. Above all bounds it is the last of them. */
export function quantileOf(histogram: readonly number[], bounds: readonly number[], quantile: number): number | null {
  const all = histogram.reduce((sum, count) => sum + count, 0)
  if (all === 0) return null
  let before = 0
  for (const [bucket, high] of bounds.entries()) {
    const count = histogram[bucket]!
    const low = bounds[bucket - 1] ?? 0
    if (count > 0 && before + count >= quantile * all) return low + ((high - low) * (quantile * all - before)) / count
    before += count
  }
  return bounds.at(-1)!
}

/**
 * Between which bounds of buckets a quantile lies, at all times together: it is above a bound as long as the share of what is
 * below that may be less than the quantile. Exact for any distribution.
 * @returns null while it may lie anywhere above
 */
export function quantileInterval(
  distributions: Distributions,
  { histogram, bounds, quantile, alpha }: HistogramQuestion & { readonly alpha: number }
): Interval | null {
  const n = histogram.reduce((sum, count) => sum + count, 0)
  let [low, high] = [0, Infinity]
  let below = 0
  for (const [bucket, bound] of bounds.entries()) {
    below += histogram[bucket]!
    if (histogram[bucket] === 0 && bucket > 0) continue
    const [least, most] = rateInterval(distributions, { n, successes: below }, alpha)
    if (most < quantile) low = bounds[nextFilled(histogram, bucket) - 1] ?? bound
    if (least > quantile) {
      high = bound
      break
    }
  }
  return high === Infinity || low === 0 ? null : [low, high]
}

/** Buckets in which there is nothing change nothing: the share below is the same up to the next that is filled. */
function nextFilled(histogram: readonly number[], bucket: number): number {
  let next = bucket + 1
  while (next < histogram.length && histogram[next] === 0) next++
  return next
}

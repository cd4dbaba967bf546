/** The middle of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Of all numbers, the part that is left out at either end. */
const trimmed = 0.2

/** The mean of some numbers without the highest and the lowest fifth of them. */
export function trimmedMean(values: readonly number[]): number {
  const out = Math.floor(trimmed * values.length)
  return mean(values.toSorted((one, other) => one - other).slice(out, values.length - out))
}

/**
 * The standard error of a {@link trimmedMean}, from the variance with what is left out drawn in to the last that is not.
 * @see Tukey and McLaughlin, Less vulnerable confidence and significance procedures for location based on a single sample,
 *   Sankhya A 25 (1963)
 */
export function standardError(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const out = Math.floor(trimmed * sorted.length)
  const [low, high] = [sorted[out]!, sorted[sorted.length - 1 - out]!]
  const drawnIn = sorted.map(value => Math.min(high, Math.max(low, value)))
  const middle = mean(drawnIn)
  const variance = drawnIn.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (sorted.length - 1)
  return Math.sqrt(variance / sorted.length) / (1 - 2 * trimmed)
}

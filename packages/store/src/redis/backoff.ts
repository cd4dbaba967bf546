/** How long to wait before the next attempt, in milliseconds. @param failures attempts that failed in a row, at least 1 */
export type RetryDelay = (failures: number) => number

/**
 * Waits that double from `firstMs` up to `longestMs`, each shortened at random by up to half, so that many processes
 * that lost the same server do not come back in step.
 */
export function exponentialBackoff({
  firstMs = 50,
  longestMs = 2000,
  random = Math.random
}: { firstMs?: number; longestMs?: number; random?: () => number } = {}): RetryDelay {
  return failures => Math.min(longestMs, firstMs * 2 ** (failures - 1)) * (1 - random() / 2)
}

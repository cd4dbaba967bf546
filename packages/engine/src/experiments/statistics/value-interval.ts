import type { Distributions } from './distributions.ts'
import type { Interval } from './results.ts'
import type { Sample } from './sample.ts'

/**
 * The interval of one mean, for one look: Wilson's for a rate, Student's for other means.
 * @param alpha chance that the mean is outside
 * @returns null where nothing varies
 * @see E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212
 */
export function valueInterval(distributions: Distributions, sample: Sample, alpha: number): Interval | null {
  const { n, mean, varianceOfMean } = sample
  if (sample.isRate) return wilson(mean, n, -distributions.normalQuantile(alpha / 2))
  if (n < 2 || varianceOfMean === 0) return null
  const width = -distributions.studentQuantile(alpha / 2, n - 1) * Math.sqrt(varianceOfMean)
  return [mean - width, mean + width]
}

function wilson(rate: number, n: number, z: number): Interval {
  const divisor = 1 + z ** 2 / n
  const middle = (rate + z ** 2 / (2 * n)) / divisor
  const width = (z / divisor) * Math.sqrt((rate * (1 - rate)) / n + z ** 2 / (4 * n ** 2))
  return [rate === 0 ? 0 : middle - width, rate === 1 ? 1 : middle + width]
}

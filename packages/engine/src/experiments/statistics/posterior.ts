import type { Sample } from './sample.ts'

/** What is believed of the value of an arm. */
export type Posterior =
  | { readonly kind: 'normal'; readonly mean: number; readonly variance: number }
  | { readonly kind: 'beta'; readonly a: number; readonly b: number }

/** Variance of what is believed of a mean before anything is known, in units of the variance of a unit. */
const priorVariance = 1e4

/**
 * What is to be believed of arms: of rates a beta distribution that began uniform, of others a normal one whose prior has
 * the mean of all arms and is so wide that it is forgotten after a few units. That it is as wide in units of what units
 * vary by makes it the same belief whether a metric is told in seconds or milliseconds.
 * @param samples one an arm
 * @returns undefined unless each arm has a sample, and one that varies
 */
export function posteriorsOf(samples: readonly (Sample | undefined)[]): readonly Posterior[] | undefined {
  if (!samples.every(sample => sample !== undefined)) return undefined
  if (samples.every(sample => sample.isRate)) return samples.map(rateBelief)
  if (samples.some(({ varianceOfMean }) => varianceOfMean === 0)) return undefined
  const units = samples.reduce((sum, { n }) => sum + n, 0)
  const mean = samples.reduce((sum, sample) => sum + (sample.n / units) * sample.mean, 0)
  return samples.map(sample => normalBelief(sample, mean))
}

function rateBelief({ n, mean }: Sample): Posterior {
  const successes = Math.round(mean * n)
  return { kind: 'beta', a: 1 + successes, b: 1 + n - successes }
}

function normalBelief({ n, mean, varianceOfMean }: Sample, priorMean: number): Posterior {
  const weight = (priorVariance * n) / (priorVariance * n + 1)
  return { kind: 'normal', mean: weight * mean + (1 - weight) * priorMean, variance: weight * varianceOfMean }
}

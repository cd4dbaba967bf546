import type { Metric } from '../experiment.ts'
import type { ArmTally, MetricTally } from '../ledger/ledger.ts'

/** A mean and how well it is known; or nothing, where there is nothing to take the mean of. */
export interface Sample {
  /** Independent units that the mean is over. */
  readonly n: number
  readonly mean: number
  /** Of the mean, not of a unit. 0 where units do not differ by more than their sums can tell. */
  readonly varianceOfMean: number
  /** Units of which something was told; of a rate, those that count 1. */
  readonly told: number
  /** Whether each unit counts 0 or 1. */
  readonly isRate: boolean
}

/** Sums lose what is smaller than this against the squares: there, units are taken to be all alike. */
const roundingOfSums = 1e-12

/**
 * The sample that a metric of an arm is: rates and means over all units that were exposed; ratios, accuracies and errors
 * over the units of which something was told, as sums over sums, with the variance by the delta method, because what is
 * told of one unit belongs together.
 * @returns undefined where there are no units, or sums too large for a double
 */
export function sampleOf(kind: Metric['kind'], arm: ArmTally, metric: string): Sample | undefined {
  const tally = arm.metrics.get(metric) ?? nothing
  if (kind === 'conversion') return rateOf(Math.max(0, Math.min(tally.sum, arm.units)), arm.units)
  return finiteSample(kind === 'mean' ? meanOf(tally, arm.units) : ratioOf(tally))
}

/** The share of `successes` in `n`. Where it is 0 or 1, its variance is that of half a success more or less. */
export function rateOf(successes: number, n: number): Sample | undefined {
  if (!(n > 0)) return undefined
  const mean = successes / n
  const inside = Math.min(Math.max(mean, 0.5 / n), 1 - 0.5 / n)
  return { n, mean, varianceOfMean: (inside * (1 - inside)) / n, told: successes, isRate: true }
}

const nothing: MetricTally = { units: 0, count: 0, sum: 0, sumSquares: 0, countSquares: 0, products: 0 }

function meanOf(tally: MetricTally, n: number): Sample | undefined {
  if (n < 1) return undefined
  const mean = tally.sum / n
  const variance = varianceOf(tally.sumSquares, tally.sumSquares - tally.sum * mean, n)
  return { n, mean, varianceOfMean: variance / n, told: tally.units, isRate: false }
}

/** With R = sum of s over sum of n: the variance of R is that of the mean of s - R n over the square of the mean of n. */
function ratioOf(tally: MetricTally): Sample | undefined {
  const n = tally.units
  if (n < 1 || tally.count < 1) return undefined
  const mean = tally.sum / tally.count
  const squares = tally.sumSquares + mean * mean * tally.countSquares
  const residual = varianceOf(squares, squares - 2 * mean * tally.products, n)
  return { n, mean, varianceOfMean: ((residual / tally.count) * n) / tally.count, told: n, isRate: false }
}

function varianceOf(squares: number, squaresAboutMean: number, n: number): number {
  if (n < 2 || squaresAboutMean < roundingOfSums * squares) return 0
  return squaresAboutMean / (n - 1)
}

function finiteSample(sample: Sample | undefined): Sample | undefined {
  if (sample === undefined) return undefined
  return Number.isFinite(sample.mean) && Number.isFinite(sample.varianceOfMean) ? sample : undefined
}

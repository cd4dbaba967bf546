import type { Metric } from '../experiment.ts'
import { compareSamples } from './compare-samples.ts'
import { alphaOfEach, isSignificant, type MetricContext, samplesOf } from './metric-results.ts'
import type { Sample } from './sample.ts'

/**
 * The arm that is better than every other one by a metric, each time by the test that may be looked at any time, at alpha
 * over the number of other arms. A wrong arm would have to beat a best one in a single of these comparisons, and there are
 * as many arms that could: the chance that any ever does is alpha at most.
 * @returns the index of the arm; undefined while there is none
 */
export function winnerOf(context: MetricContext, metric: Metric): number | undefined {
  const samples = samplesOf(context, metric)
  const first = bestOf(samples, metric.goal)
  const isBest =
    first !== undefined && samples.every((other, arm) => arm === first || beats(context, samples[first]!, other))
  return isBest ? first : undefined
}

/** The arm with the best value, whether or not that is by chance. */
function bestOf(samples: readonly (Sample | undefined)[], goal: Metric['goal']): number | undefined {
  const sign = goal === 'increase' ? 1 : -1
  const means = samples.map(sample => (sample === undefined ? -Infinity : sign * sample.mean))
  const best = Math.max(...means)
  return best === -Infinity ? undefined : means.indexOf(best)
}

function beats(context: MetricContext, arm: Sample, control: Sample | undefined): boolean {
  if (control === undefined || arm.mean === control.mean) return false
  const alpha = alphaOfEach(context)
  const { distributions, isAdaptive } = context
  return isSignificant(compareSamples(distributions, { control, arm, alpha, isAdaptive }), alpha)
}

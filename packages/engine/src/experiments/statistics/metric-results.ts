import type { Arm, Metric } from '../experiment.ts'
import type { ArmTally } from '../ledger/ledger.ts'
import { bestArmProbabilities, expectedLoss } from './best-arm.ts'
import { compareSamples, finiteOrNull, type SampleComparison } from './compare-samples.ts'
import type { Distributions } from './distributions.ts'
import { type Posterior, posteriorsOf } from './posterior.ts'
import type { ArmMetric, Comparison, MetricResult } from './results.ts'
import { type Sample, sampleOf } from './sample.ts'
import { negated } from './thompson-weights.ts'
import { valueInterval } from './value-interval.ts'

/** What metrics are looked at by. */
export interface MetricContext {
  readonly distributions: Distributions
  readonly arms: readonly Arm[]
  readonly tallies: readonly ArmTally[]
  /** Index of the arm that others are compared with. */
  readonly control: number
  /** Chance of a false alarm in any of the comparisons with control together. */
  readonly alpha: number
  /** Whether shares of arms follow what came of earlier units. */
  readonly isAdaptive: boolean
}

/**
 * A metric of all arms, each compared with control. With more arms than two, intervals are wider and p-values larger
 * (Bonferroni), so that the chance of any false alarm among the comparisons stays alpha.
 */
export function metricResult(context: MetricContext, metric: Metric): MetricResult {
  const { arms, control } = context
  const samples = samplesOf(context, metric)
  return {
    metric: metric.name,
    kind: metric.kind,
    goal: metric.goal,
    arms: arms.map((_, arm) => armMetric(context, arm, { metric, sample: samples[arm] })),
    comparisons: arms.flatMap((_, arm) => (arm === control ? [] : [comparison(context, arm, { metric, samples })]))
  }
}

/** The samples of all arms. */
export function samplesOf({ tallies }: MetricContext, { kind, name }: Metric): (Sample | undefined)[] {
  return tallies.map(tally => sampleOf(kind, tally, name))
}

/** Chance of a false alarm that each comparison has. */
export function alphaOfEach({ alpha, arms }: Pick<MetricContext, 'alpha' | 'arms'>): number {
  return alpha / Math.max(1, arms.length - 1)
}

function armMetric(
  { distributions, arms, tallies, alpha }: MetricContext,
  arm: number,
  { metric, sample }: { metric: Metric; sample: Sample | undefined }
): ArmMetric {
  const { units, metrics } = tallies[arm]!
  const isOverUnits = metric.kind === 'conversion' || metric.kind === 'mean'
  return {
    arm: arms[arm]!.name,
    units,
    count: isOverUnits ? units : (metrics.get(metric.name)?.count ?? 0),
    value: sample?.mean ?? null,
    interval: sample === undefined ? null : valueInterval(distributions, sample, alpha),
    standardError: sample === undefined ? null : Math.sqrt(sample.varianceOfMean)
  }
}

function comparison(
  context: MetricContext,
  index: number,
  { metric, samples }: { metric: Metric; samples: readonly (Sample | undefined)[] }
): Comparison {
  const [control, arm] = [samples[context.control], samples[index]]
  const name = context.arms[index]!.name
  if (control === undefined || arm === undefined) return { arm: name, ...nothing }
  const { distributions, isAdaptive } = context
  const alpha = alphaOfEach(context)
  const compared = compareSamples(distributions, { control, arm, alpha, isAdaptive })
  return {
    arm: name,
    ...compared,
    difference: finiteOrNull(compared.difference),
    pValue: corrected(context, compared.pValue),
    fixedPValue: corrected(context, compared.fixedPValue),
    ...beliefs(distributions, { control, arm, goal: metric.goal }),
    isSignificant: isSignificant(compared, alpha)
  }
}

/** Whether a comparison says that there is a difference, by the test that may be looked at any time. */
export function isSignificant({ pValue }: Pick<SampleComparison, 'pValue'>, alpha: number): boolean {
  return pValue !== null && pValue <= alpha
}

const nothing = {
  difference: null,
  interval: null,
  lift: null,
  liftInterval: null,
  pValue: null,
  fixedPValue: null,
  chanceToWin: null,
  expectedLoss: null,
  isSignificant: false
}

function corrected({ arms }: MetricContext, pValue: number | null): number | null {
  return pValue === null ? null : Math.min(1, pValue * Math.max(1, arms.length - 1))
}

function beliefs(
  distributions: Distributions,
  { control, arm, goal }: { control: Sample; arm: Sample; goal: Metric['goal'] }
): Pick<Comparison, 'chanceToWin' | 'expectedLoss'> {
  const posteriors = posteriorsOf([control, arm])
  if (posteriors === undefined) return { chanceToWin: null, expectedLoss: null }
  const [ofControl, ofArm] = (goal === 'increase' ? posteriors : posteriors.map(negated)) as [Posterior, Posterior]
  return {
    chanceToWin: finiteOrNull(bestArmProbabilities(distributions, [ofControl, ofArm])[1]!),
    expectedLoss: finiteOrNull(expectedLoss(distributions, ofArm, ofControl))
  }
}

import { weightsOf } from '../allocation.ts'
import type { ExperimentRecord } from '../experiment.ts'
import type { ArmTally, ExperimentTally } from '../ledger/ledger.ts'
import { type Distributions, loadDistributions } from './distributions.ts'
import { guardrailsOf } from './guardrails.ts'
import { alphaOfEach, type MetricContext, metricResult, samplesOf } from './metric-results.ts'
import { planWith } from './plan-sample.ts'
import type { ExperimentResults, MetricResult, SampleRatio } from './results.ts'
import type { Sample } from './sample.ts'
import { sampleRatio } from './sample-ratio.ts'
import { summaryOf } from './summary.ts'
import { warningsOf } from './warnings.ts'
import { weightsChanged } from './weight-changes.ts'
import { winnerOf } from './winner.ts'

/** What results are computed from. */
export interface ResultsInput {
  readonly record: ExperimentRecord
  /** By the index of the arm, as in the record. */
  readonly tally: ExperimentTally
  /** Milliseconds since 1970, for an experiment of which nothing was told. */
  readonly now: number
}

/**
 * What an experiment has shown so far. Pure but for loading what distributions are computed with; costs about 1 ms an arm
 * and metric.
 */
export async function experimentResults(input: ResultsInput): Promise<ExperimentResults> {
  return resultsWith(await loadDistributions(), input)
}

function resultsWith(distributions: Distributions, { record, tally, now }: ResultsInput): ExperimentResults {
  const { definition, state } = record
  const context = contextOf(distributions, record, tally)
  const primary = definition.metrics.find(({ name }) => name === definition.primary)
  const ratio = ratioOf(context, record)
  const measured = definition.metrics.map(metric => metricResult(context, metric))
  const metrics = ratio?.isMismatch === true ? measured.map(withoutVerdicts) : measured
  const best = primary === undefined || ratio?.isMismatch === true ? undefined : winnerOf(context, primary)
  const winner = best === undefined ? null : definition.arms[best]!.name
  const guardrails = guardrailsOfAll(context)
  const result = metrics.find(({ metric }) => metric === definition.primary)
  const isEnough = result !== undefined && result.comparisons.every(({ interval }) => interval !== null)
  const { control, alpha } = definition
  const proviso = weightsChanged(record) && !context.isAdaptive ? provisoOfWeights : undefined
  return {
    id: definition.id,
    state,
    updatedAt: tally.updatedAt > 0 ? tally.updatedAt : now,
    sampleRatio: ratio,
    metrics,
    guardrails,
    winner,
    summary:
      primary === undefined || result === undefined
        ? 'No metric decides.'
        : summaryOf({ metric: primary, control, alpha, result, sampleRatio: ratio, winner, proviso }),
    warnings: warningsOf({ record, tally, sampleRatio: ratio, guardrails, isEnough }),
    unitsNeeded: primary === undefined ? null : unitsNeeded(context, samplesOf(context, primary)[context.control])
  }
}

/** Numbers of units that came to arms wrongly are shown, so that somebody can look for the cause; nothing follows from them. */
function withoutVerdicts(result: MetricResult): MetricResult {
  return { ...result, comparisons: result.comparisons.map(comparison => ({ ...comparison, isSignificant: false })) }
}

const provisoOfWeights = 'This takes for granted that values did not change with time: weights were changed on the way.'

function contextOf(distributions: Distributions, record: ExperimentRecord, tally: ExperimentTally): MetricContext {
  const { arms, control, alpha, strategy, weighting } = record.definition
  return {
    distributions,
    arms,
    tallies: arms.map((_, arm) => tally.arms[arm] ?? emptyArm),
    control: Math.max(
      0,
      arms.findIndex(({ name }) => name === control)
    ),
    alpha,
    isAdaptive: strategy === 'weighted' && weighting === 'thompson'
  }
}

/** An arm that was added just now, and that nobody came to. */
const emptyArm: ArmTally = {
  units: 0,
  givenUnits: 0,
  requests: 0,
  cached: 0,
  failures: 0,
  fallbacks: 0,
  latency: { count: 0, sumMs: 0, sumLog: 0, sumLogSquares: 0, histogram: [] },
  metrics: new Map()
}

/** Units are expected by the shares that arms have, if those are the ones they always had. */
function ratioOf({ distributions, tallies, isAdaptive }: MetricContext, record: ExperimentRecord): SampleRatio | null {
  if (isAdaptive || weightsChanged(record)) return null
  return sampleRatio(
    distributions,
    tallies.map(({ units }) => units),
    weightsOf(record.allocation, tallies.length)
  )
}

function guardrailsOfAll(context: MetricContext): ReturnType<typeof guardrailsOf> {
  const { distributions, arms, tallies } = context
  const alpha = alphaOfEach(context)
  const control = tallies[context.control]!
  return arms.flatMap(({ name }, arm) =>
    arm === context.control ? [] : guardrailsOf(distributions, { name, arm: tallies[arm]!, control, alpha })
  )
}

/** What `unitsNeeded` of the results is about. */
const wanted = { effect: { relative: 0.05 }, power: 0.8 } as const

function unitsNeeded({ distributions, alpha, arms }: MetricContext, control: Sample | undefined): number | null {
  if (control === undefined || !isPlannable(control)) return null
  const { isRate, mean, n, varianceOfMean } = control
  const baseline = isRate ? { rate: mean } : { mean, standardDeviation: Math.sqrt(varianceOfMean * n) }
  const { arm } = planWith(distributions, { ...wanted, alpha, comparisons: arms.length - 1, baseline }).alwaysValid
  return Number.isFinite(arm) ? arm : null
}

/** Whether there is something to be 5 % more of. */
function isPlannable({ isRate, mean, n, varianceOfMean }: Sample): boolean {
  const difference = Math.abs(mean) * wanted.effect.relative
  const variance = varianceOfMean * n
  if (isRate) return difference > 0 && mean + difference < 1
  return difference > 0 && variance > 0 && Number.isFinite(variance)
}

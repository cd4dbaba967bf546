import { reallocate, weightsOf } from '../allocation.ts'
import { withHistory } from '../experiment-history.ts'
import type { ExperimentRecord, HistoryEntry } from '../experiment.ts'
import { settledIn } from '../record-changes.ts'
import type { ExperimentTally } from '../ledger/ledger.ts'
import type { Distributions } from '../statistics/distributions.ts'
import { type Sample, sampleOf } from '../statistics/sample.ts'
import { thompsonWeights } from '../statistics/thompson-weights.ts'

/**
 * Weights that differ from the present ones by less than this stay as they are: a percentage point is worth less than what
 * it costs to move buckets, and to write it down.
 */
const leastMove = 0.01

/** Entries of the history that tell of weights; those of other changes are not to be pushed out by them. */
const mostEntries = 100

/** What weights are decided by. */
export interface BanditNumbers {
  readonly tally: ExperimentTally
  readonly distributions: Distributions
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Whether weights of an experiment follow what its arms achieve, and it runs. */
export function isAdaptive({ definition, state, canary }: ExperimentRecord): boolean {
  const { strategy, weighting } = definition
  return canary === undefined && state === 'running' && strategy === 'weighted' && weighting === 'thompson'
}

/**
 * An experiment with the weights that its rewards say: each arm has the chance that it is the best, as Thompson sampling
 * does on average, but no less than the floor. The fewest buckets move; who was served by an arm before stays with it.
 * @returns the same record while an arm has too few units, and where no weight would change by {@link leastMove}, as where
 *   the coverage leaves so few buckets that they cannot be divided more finely
 * @see Thompson, "On the likelihood that one unknown probability exceeds another in view of the evidence of two samples",
 *   Biometrika 25 (1933) 285-294; Chapelle and Li, "An empirical evaluation of Thompson sampling", NIPS 2011, for rewards
 *   that come late and weights that change in batches
 */
export function reweighted(record: ExperimentRecord, { tally, distributions, now }: BanditNumbers): ExperimentRecord {
  const { arms, metrics, bandit, coverage } = record.definition
  const metric = metrics.find(({ name }) => name === bandit.metric)
  if (metric === undefined) return record
  const samples = arms.map((_, arm) => sampleIn(tally, arm, metric))
  const { floor, minUnits } = bandit
  const chosen = thompsonWeights(distributions, { samples, goal: metric.goal, floor, minUnits })
  const before = weightsOf(record.allocation, arms.length)
  if (chosen === undefined || largestMove(before, chosen.weights) < leastMove) return record
  const allocation = reallocate(record.allocation, chosen.weights, coverage)
  const weights = weightsOf(allocation, arms.length)
  if (largestMove(before, weights) < leastMove) return record
  const details = {
    metric: metric.name,
    before,
    weights,
    probabilities: chosen.probabilities,
    arms: samples.map((sample, arm) => ({ arm: arms[arm]!.name, units: sample?.n, value: sample?.mean }))
  }
  const settled = settledIn(record, allocation)
  const changed = withHistory({ ...record, allocation, settled }, { at: now, what: 'reweighted', details })
  return { ...changed, history: thinned(changed.history) }
}

function sampleIn(
  tally: ExperimentTally,
  arm: number,
  { kind, name }: ExperimentRecord['definition']['metrics'][number]
): Sample | undefined {
  const one = tally.arms[arm]
  return one === undefined ? undefined : sampleOf(kind, one, name)
}

function largestMove(before: readonly number[], after: readonly number[]): number {
  return after.reduce((largest, weight, arm) => Math.max(largest, Math.abs(weight - (before[arm] ?? 0))), 0)
}

function thinned(history: readonly HistoryEntry[]): readonly HistoryEntry[] {
  const surplus = history.filter(({ what }) => what === 'reweighted').length - mostEntries
  if (surplus <= 0) return history
  const oldest = history.findIndex(({ what }) => what === 'reweighted')
  return history.toSpliced(oldest, 1)
}

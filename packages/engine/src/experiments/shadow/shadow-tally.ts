import type { OutputComparison } from './compare-outputs.ts'
import type { OutputDifference, ShadowReport } from './shadow.ts'

/** Requests that are shown for how much they differ. */
const mostExamples = 20

/** Outputs that are told apart; a version has a handful. */
const mostOutputs = 100

interface OutputSums {
  readonly output: string
  readonly compared: number
  readonly same: number
  readonly maxAbsolute: number
  readonly sumAbsolute: number
  /** Rows with a class; 0 for an output of numbers. */
  readonly rows: number
  readonly agreeing: number
}

interface Sum {
  readonly count: number
  readonly total: number
}

type Example = ShadowReport['examples'][number]

/** What shadows count, in a form that can be added up over processes and restarts. Plain JSON. */
export interface ShadowCounts {
  readonly copied: number
  readonly compared: number
  readonly dropped: number
  readonly failed: number
  readonly lastFailure: string | null
  readonly incomparable: number
  readonly live: Sum
  readonly candidate: Sum
  readonly outputs: readonly OutputSums[]
  readonly examples: readonly Example[]
}

const nothing: Sum = { count: 0, total: 0 }

/** Nothing was counted. */
export const noCounts: ShadowCounts = {
  copied: 0,
  compared: 0,
  dropped: 0,
  failed: 0,
  lastFailure: null,
  incomparable: 0,
  live: nothing,
  candidate: nothing,
  outputs: [],
  examples: []
}

/** What `more` counted after `counts`: commutative but for the last failure. */
export function addCounts(counts: ShadowCounts, more: ShadowCounts): ShadowCounts {
  return {
    copied: counts.copied + more.copied,
    compared: counts.compared + more.compared,
    dropped: counts.dropped + more.dropped,
    failed: counts.failed + more.failed,
    lastFailure: more.lastFailure ?? counts.lastFailure,
    incomparable: counts.incomparable + more.incomparable,
    live: added(counts.live, more.live),
    candidate: added(counts.candidate, more.candidate),
    outputs: addedOutputs(counts.outputs, more.outputs),
    examples: farthest([...counts.examples, ...more.examples])
  }
}

/** One answer that was compared, as counts. `liveMs` is undefined for an answer from the cache, which took no run. */
export function comparisonCounts(
  comparisons: readonly OutputComparison[],
  { requestId, liveMs, candidateMs }: { requestId: string; liveMs: number | undefined; candidateMs: number }
): ShadowCounts {
  return {
    ...noCounts,
    compared: 1,
    live: liveMs === undefined ? nothing : { count: 1, total: liveMs },
    candidate: { count: 1, total: candidateMs },
    outputs: comparisons.map(sumsOf),
    examples: examplesOf(comparisons, requestId)
  }
}

/** Counts as a report has them. */
export function reportOf(counts: ShadowCounts): Omit<ShadowReport, 'definition' | 'isRunning' | 'startedAt'> {
  const { copied, compared, dropped, failed, lastFailure, incomparable, live, candidate, outputs, examples } = counts
  const latency = { live: mean(live), candidate: mean(candidate) }
  return {
    copied,
    compared,
    dropped,
    failed,
    lastFailure,
    incomparable,
    latency,
    outputs: outputs.map(differenceOf),
    examples
  }
}

function sumsOf({ output, compared, same, maxAbsolute, sumAbsolute, classes }: OutputComparison): OutputSums {
  const { rows, agreeing } = classes ?? { rows: 0, agreeing: 0 }
  return { output, compared, same, maxAbsolute, sumAbsolute, rows, agreeing }
}

function examplesOf(comparisons: readonly OutputComparison[], requestId: string): Example[] {
  const differing = comparisons.filter(({ compared, same }) => same < compared)
  return differing.map(({ output, maxAbsolute }) => ({ requestId, output, difference: maxAbsolute }))
}

function differenceOf({
  output,
  compared,
  same,
  maxAbsolute,
  sumAbsolute,
  rows,
  agreeing
}: OutputSums): OutputDifference {
  const meanAbsolute = compared === 0 ? 0 : sumAbsolute / compared
  return { output, compared, same, maxAbsolute, meanAbsolute, agreement: rows === 0 ? null : agreeing / rows }
}

function mean({ count, total }: Sum): number | null {
  return count === 0 ? null : total / count
}

function added(one: Sum, other: Sum): Sum {
  return { count: one.count + other.count, total: one.total + other.total }
}

function addedOutputs(some: readonly OutputSums[], more: readonly OutputSums[]): OutputSums[] {
  const sums = new Map(some.map(one => [one.output, one]))
  for (const one of more) {
    const before = sums.get(one.output)
    if (before === undefined && sums.size >= mostOutputs) continue
    sums.set(one.output, before === undefined ? one : addedOutput(before, one))
  }
  return [...sums.values()]
}

function addedOutput(one: OutputSums, other: OutputSums): OutputSums {
  return {
    output: one.output,
    compared: one.compared + other.compared,
    same: one.same + other.same,
    maxAbsolute: Math.max(one.maxAbsolute, other.maxAbsolute),
    sumAbsolute: Math.min(Number.MAX_VALUE, one.sumAbsolute + other.sumAbsolute),
    rows: one.rows + other.rows,
    agreeing: one.agreeing + other.agreeing
  }
}

function farthest(examples: readonly Example[]): readonly Example[] {
  return examples.toSorted((a, b) => b.difference - a.difference).slice(0, mostExamples)
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { ArmTally, MetricTally } from '../../../src/experiments/ledger/ledger.ts'
import type { Interval } from '../../../src/experiments/statistics/results.ts'

type Pair = readonly [number, number]

/** An arm as the reference libraries were given it. */
export interface FixtureArm {
  readonly n: number
  readonly sums: MetricTally
}

interface FixtureComparison {
  readonly alpha: number
  readonly difference: number
  readonly standardError: number
  readonly interval: Interval
  readonly pValue: number
  readonly lift: number
  readonly liftInterval: Interval
}

/** What fixtures/make_statistics.py computed with SciPy, statsmodels and gbstats. */
export interface StatisticsFixture {
  readonly distributions: Readonly<
    Record<'studentSurvival' | 'studentQuantile' | 'normalCdf' | 'chiSquareSurvival' | 'betaCdf', readonly number[][]>
  >
  readonly welch: readonly {
    control: FixtureArm
    arm: FixtureArm
    pValue: number
    difference: number
    standardError: number
    ownInterval: Interval
  }[]
  readonly sequential: readonly (FixtureComparison &
    (
      | { kind: 'conversion'; control: { n: number; successes: number }; arm: { n: number; successes: number } }
      | { kind: 'mean' | 'ratio'; control: FixtureArm; arm: FixtureArm }
    ))[]
  readonly unequal: readonly (FixtureComparison & { n: number })[]
  readonly ratio: readonly { arm: FixtureArm; mean: number; varianceOfMean: number }[]
  readonly wilson: readonly [number, number, number, number, number][]
  readonly sampleRatio: readonly {
    observed: number[]
    weights: number[]
    chiSquare: number
    pValue: number
    degrees: number
  }[]
  readonly beliefs: readonly { kind: 'beta' | 'normal'; control: Pair; arm: Pair; result: Pair }[]
  readonly bestArm: readonly { kind: 'beta' | 'normal'; arms: Pair[]; chances: number[] }[]
  readonly oneSided: readonly [n: number, alpha: number, width: number][]
  readonly adaptive: readonly { units: Pair; variances: Pair; alpha: number; width: number }[]
  readonly rates: readonly { control: Pair; arm: Pair; alpha: number; difference: Interval }[]
  readonly plans: readonly { question: Record<string, unknown>; all: number }[]
}

export const fixture: StatisticsFixture = JSON.parse(
  readFileSync(new URL('./fixtures/statistics.json', import.meta.url), 'utf8')
)

/** The same but for a relative difference; what is 0 must be 0. */
export function near(actual: number | null | undefined, expected: number, tolerance: number, what = ''): void {
  assert.ok(typeof actual === 'number', `${what}: ${actual}`)
  const error = actual === expected ? 0 : Math.abs(actual - expected) / Math.abs(expected)
  assert.ok(error <= tolerance, `${what}: ${actual} differs from ${expected} by ${error}`)
}

const emptyArm: ArmTally = {
  units: 0,
  givenUnits: 0,
  requests: 0,
  cached: 0,
  failures: 0,
  fallbacks: 0,
  latency: { count: 0, sumMs: 0, sumLog: 0, sumLogSquares: 0, histogram: Array.from({ length: 86 }, () => 0) },
  metrics: new Map()
}

/** An arm of which nothing is known but what is given. */
export function armTally(given: Partial<ArmTally>): ArmTally {
  return { ...emptyArm, givenUnits: given.units ?? 0, ...given }
}

/** An arm with one metric, `m`. */
export function armWith({ n, sums }: FixtureArm): ArmTally {
  return armTally({ units: n, metrics: new Map([['m', sums]]) })
}

const add = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0)

/** Sums of units that were told of once each, or `times`. */
export function sumsOf(totals: readonly number[], times: readonly number[] = totals.map(() => 1)): MetricTally {
  return {
    units: times.filter(count => count > 0).length,
    count: add(times),
    sum: add(totals),
    sumSquares: add(totals.map(total => total ** 2)),
    countSquares: add(times.map(count => count ** 2)),
    products: add(totals.map((total, unit) => total * times[unit]!))
  }
}

/** Sums of a conversion. */
export function converted(successes: number): MetricTally {
  return {
    units: successes,
    count: successes,
    sum: successes,
    sumSquares: successes,
    countSquares: successes,
    products: successes
  }
}

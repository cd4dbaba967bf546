import { isAdaptive, reweighted } from '../../../src/experiments/bandit/reweighted.ts'
import { weightsOf } from '../../../src/experiments/allocation.ts'
import type { ExperimentRecord } from '../../../src/experiments/experiment.ts'
import type { ArmTally, ExperimentTally } from '../../../src/experiments/ledger/ledger.ts'
import { readDefinition } from '../../../src/experiments/read-definition.ts'
import { newRecord } from '../../../src/experiments/record-changes.ts'
import type { Distributions } from '../../../src/experiments/statistics/distributions.ts'
import { generator } from '../statistics/simulation.ts'

/** Arms that convert with these chances, and whose units come in batches. */
export interface Race {
  readonly rates: readonly number[]
  readonly unitsPerLook: number
  readonly looks: number
  /** Looks until an outcome is told; 0 unless given. */
  readonly delay?: number
  readonly floor?: number
  /** False for shares that stay as they are. */
  readonly isAdaptive?: boolean
}

/** What became of it. */
export interface Finish {
  /** Conversions that were missed by not asking the best arm every time, as expected. */
  readonly regret: number
  /** Share of all units that each arm had. */
  readonly shares: readonly number[]
  /** Shares at the end. */
  readonly weights: readonly number[]
  /** Smallest share that an arm ever had. */
  readonly least: number
  readonly record: ExperimentRecord
}

/** A running experiment of so many arms, whose weights follow conversions. */
export function adaptiveRecord(arms: number, floor = 0.01): ExperimentRecord {
  const { definition, faults } = readDefinition({
    id: 'e',
    model: 'm',
    strategy: 'weighted',
    weighting: 'thompson',
    arms: Array.from({ length: arms }, (_, arm) => ({ version: `v${arm}` })),
    metrics: [{ name: 'conversion' }],
    bandit: { floor }
  })
  if (faults.length > 0) throw new Error(JSON.stringify(faults))
  return newRecord(definition, 'running', { at: 0 })
}

/** Let arms race. */
export function race(distributions: Distributions, given: Race, seed: number): Finish {
  const { rates, unitsPerLook, looks, delay = 0, floor } = given
  const random = generator(seed)
  let record = adaptiveRecord(rates.length, floor)
  const units = rates.map(() => 0)
  const told: number[][] = []
  const successes = rates.map(() => 0)
  let least = 1
  for (let look = 0; look < looks; look++) {
    const weights = weightsOf(record.allocation, rates.length)
    least = Math.min(least, ...weights)
    told.push(serve(weights, { rates, unitsPerLook, random, units }))
    const news = told[look - delay]
    if (news !== undefined) for (const arm of rates.keys()) successes[arm]! += news[arm]!
    if (given.isAdaptive !== false && isAdaptive(record)) {
      record = reweighted(record, { tally: tallyOf(units, successes), distributions, now: look })
    }
  }
  const all = unitsPerLook * looks
  const best = Math.max(...rates)
  const regret = units.reduce((sum, count, arm) => sum + count * (best - rates[arm]!), 0)
  const weights = weightsOf(record.allocation, rates.length)
  return { regret, shares: units.map(count => count / all), weights, least, record }
}

function serve(
  weights: readonly number[],
  {
    rates,
    unitsPerLook,
    random,
    units
  }: { rates: readonly number[]; unitsPerLook: number; random: () => number; units: number[] }
): number[] {
  const successes = rates.map(() => 0)
  for (let unit = 0; unit < unitsPerLook; unit++) {
    const arm = armAt(weights, random())
    units[arm]!++
    if (random() < rates[arm]!) successes[arm]!++
  }
  return successes
}

function armAt(weights: readonly number[], drawn: number): number {
  let sum = 0
  const arm = weights.findIndex(weight => drawn < (sum += weight))
  return arm === -1 ? weights.length - 1 : arm
}

/** What a ledger would say of so many units and conversions. */
export function tallyOf(units: readonly number[], successes: readonly number[]): ExperimentTally {
  const arms = units.map((count, arm): ArmTally => {
    const sum = successes[arm]!
    const conversion = { units: sum, count: sum, sum, sumSquares: sum, countSquares: sum, products: sum }
    return {
      units: count,
      givenUnits: count,
      requests: count,
      cached: 0,
      failures: 0,
      fallbacks: 0,
      latency: { count: 0, sumMs: 0, sumLog: 0, sumLogSquares: 0, histogram: [] },
      metrics: new Map([['conversion', conversion]])
    }
  })
  return { arms, crossed: 0, forgotten: 0, unknownOutcomes: 0, repeatedOutcomes: 0, updatedAt: 0 }
}

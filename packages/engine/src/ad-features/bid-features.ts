import { type Column, oneHot, rowOf } from './columns.ts'
import { placementBucket, placementColumns } from './placement.ts'

/** How many others bid for the same impressions. */
export const competitionLevels = ['low', 'medium', 'high'] as const

/** One of {@link competitionLevels}. */
export type CompetitionLevel = (typeof competitionLevels)[number]

/** An impression that may be bid on, by the documented names. Money is in one currency, prices are per 1,000 impressions. */
export interface BidRequest {
  readonly placement_id: string
  /** Lowest price allowed, >= 0. */
  readonly floor_cpm: number
  /** 0 to 1. */
  readonly predicted_ctr: number
  readonly competition_level: CompetitionLevel
  /** >= 0. */
  readonly budget_remaining: number
}

interface BidFacts {
  readonly placement: number
  readonly floorCpm: number
  readonly ctr: number
  readonly budget: number
  readonly level: CompetitionLevel
}

/** Amounts above this count as this. */
const largestAmount = 1e9
/** Keeps the logarithm of 0 finite. */
const smallestCtr = 1e-5

const columns: readonly Column<BidFacts>[] = [
  { name: 'floor_cpm', value: facts => facts.floorCpm },
  { name: 'log_predicted_ctr', value: facts => Math.log(facts.ctr + smallestCtr) },
  { name: 'budget_remaining', value: facts => facts.budget },
  { name: 'log_budget_remaining', value: facts => Math.log1p(facts.budget) },
  ...oneHot<BidFacts, CompetitionLevel>('competition', competitionLevels, facts => facts.level),
  ...placementColumns<BidFacts>(facts => facts.placement)
]

/** Names of what {@link bidFeatures} gives, in its order. */
export const bidFeatureNames: readonly string[] = columns.map(({ name }) => name)

/** The input row of the bid model. Takes a few microseconds. */
export function bidFeatures(request: BidRequest): Float32Array {
  return rowOf(columns, {
    placement: placementBucket(request.placement_id),
    floorCpm: Math.min(request.floor_cpm, largestAmount),
    ctr: request.predicted_ctr,
    budget: Math.min(request.budget_remaining, largestAmount),
    level: request.competition_level
  })
}

import { type Column, oneHot, readLength, rowOf, upTo } from './columns.ts'
import { placementBucket, placementColumns } from './placement.ts'
import { textBucket } from './text-bucket.ts'

/** An impression that may be clicked on, by the documented names. */
export interface CtrRequest {
  readonly placement_id: string
  /** `banner`, `interstitial`, `native`, `rewarded` or `video`; all else counts as `other`. */
  readonly ad_format: string
  readonly user_segments?: readonly string[] | null | undefined
  /** Hour, 0 to 23. */
  readonly time_of_day: number
  /** 0 to 6, 0 is Monday. */
  readonly day_of_week: number
  /** 0 to 1. */
  readonly historical_ctr?: number | null | undefined
}

interface CtrFacts {
  readonly placement: number
  readonly format: string
  readonly segments: ReadonlySet<number>
  readonly hour: number
  readonly day: number
  readonly historicalCtr: number | undefined
}

const formats = ['banner', 'interstitial', 'native', 'rewarded', 'video', 'other']
const segmentBuckets = 64
/** Segments beyond this many do not count. */
const mostSegments = 64
/** Keeps the log-odds of 0 and of 1 finite. */
const smallestCtr = 1e-4

const columns: readonly Column<CtrFacts>[] = [
  ...oneHot<CtrFacts, string>('format', formats, facts => facts.format),
  { name: 'hour_sin', value: facts => Math.sin((2 * Math.PI * facts.hour) / 24) },
  { name: 'hour_cos', value: facts => Math.cos((2 * Math.PI * facts.hour) / 24) },
  { name: 'day_sin', value: facts => Math.sin((2 * Math.PI * facts.day) / 7) },
  { name: 'day_cos', value: facts => Math.cos((2 * Math.PI * facts.day) / 7) },
  { name: 'is_weekend', value: facts => Number(facts.day >= 5) },
  { name: 'has_historical_ctr', value: facts => Number(facts.historicalCtr !== undefined) },
  { name: 'historical_ctr_log_odds', value: facts => logOdds(facts.historicalCtr) },
  { name: 'segment_count', value: facts => facts.segments.size },
  ...upTo(segmentBuckets).map(bucket => ({
    name: `segment_${bucket}`,
    value: (facts: CtrFacts) => Number(facts.segments.has(bucket))
  })),
  ...placementColumns<CtrFacts>(facts => facts.placement)
]

/** Names of what {@link ctrFeatures} gives, in its order. */
export const ctrFeatureNames: readonly string[] = columns.map(({ name }) => name)

/**
 * The input row of the click-through model. Placements and segments fall into 64 buckets each by {@link textBucket};
 * letters count the same in upper and lower case. Takes a few microseconds.
 */
export function ctrFeatures(request: CtrRequest): Float32Array {
  const format = request.ad_format.slice(0, readLength).toLowerCase()
  return rowOf(columns, {
    placement: placementBucket(request.placement_id),
    format: formats.includes(format) ? format : 'other',
    segments: segmentsOf(request.user_segments ?? []),
    hour: request.time_of_day,
    day: request.day_of_week,
    historicalCtr: request.historical_ctr ?? undefined
  })
}

function segmentsOf(segments: readonly string[]): ReadonlySet<number> {
  const read = segments.slice(0, mostSegments)
  return new Set(read.map(segment => textBucket(segment.slice(0, readLength).toLowerCase(), segmentBuckets)))
}

/** 0, the odds of an even chance, when unknown; another column says so. */
function logOdds(ctr: number | undefined): number {
  return ctr === undefined ? 0 : Math.log((ctr + smallestCtr) / (1 - ctr + smallestCtr))
}

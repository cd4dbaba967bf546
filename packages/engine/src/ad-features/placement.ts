import { type Column, oneHot, readLength, upTo } from './columns.ts'
import { textBucket } from './text-bucket.ts'

const buckets = 64

/** The bucket of a placement, 0 to 63. Letters count the same in upper and lower case. */
export function placementBucket(placementId: string): number {
  return textBucket(placementId.slice(0, readLength).toLowerCase(), buckets)
}

/** Columns `placement_0` to `placement_63`, one of them 1. */
export function placementColumns<Facts>(bucketOf: (facts: Facts) => number): Column<Facts>[] {
  return oneHot('placement', upTo(buckets), bucketOf)
}

import type { LatencyTally } from './ledger.ts'

/** Upper bounds of the histogram, in milliseconds: 2^(1/4) apart, from 0.03 ms to 65 s. */
export const latencyBounds: readonly number[] = Array.from({ length: 85 }, (_, index) => 2 ** (index / 4 - 5))

/** Where each number stands among the counts of an arm; the last ones are the histogram's. */
export const place = {
  requests: 0,
  cached: 1,
  failures: 2,
  fallbacks: 3,
  /** Units that were served once and cannot come back. */
  passing: 4,
  timed: 5,
  sumMs: 6,
  sumLog: 7,
  sumLogSquares: 8,
  histogram: 9
} as const

/** Numbers of an arm: one more than there are bounds, for what took longer. */
export const countsLength = place.histogram + latencyBounds.length + 1

/** What is counted of an arm beside its units. */
export type ArmCounts = Float64Array<ArrayBuffer>

/** All zero. */
export function armCounts(): ArmCounts {
  return new Float64Array(countsLength)
}

/** Shorter times count as this in logarithms. */
const shortestMs = 0.001
const perOctave = 4 / Math.LN2

/** Count a request that took `ms`. */
export function addLatency(counts: ArmCounts, ms: number): void {
  const log = Math.log(ms > shortestMs ? ms : shortestMs)
  const bucket = Math.ceil(log * perOctave + 20 - 1e-9)
  counts[place.timed]! += 1
  counts[place.sumMs]! += ms
  counts[place.sumLog]! += log
  counts[place.sumLogSquares]! += log * log
  counts[place.histogram + Math.max(0, Math.min(latencyBounds.length, bucket))]! += 1
}

/** Add what is in `more` to `counts`. */
export function addCounts(counts: ArmCounts, more: ArmCounts): void {
  for (let index = 0; index < countsLength; index++) counts[index]! += more[index]!
}

/** How long requests took. */
export function latencyOf(counts: ArmCounts): LatencyTally {
  return {
    count: counts[place.timed]!,
    sumMs: counts[place.sumMs]!,
    sumLog: counts[place.sumLog]!,
    sumLogSquares: counts[place.sumLogSquares]!,
    histogram: [...counts.subarray(place.histogram)]
  }
}

import { bucketCount } from '../../src/experiments/experiment.ts'

/** What GrowthBook's own library for JavaScript decides by; it is not among what it exports. */
export interface GrowthBookParts {
  hash(seed: string, value: string, version: number): number
  getBucketRanges(arms: number, coverage: number, weights: readonly number[]): [number, number][]
  chooseVariation(value: number, ranges: readonly [number, number][]): number
}

/** Those parts, of the library that is installed. */
export async function growthBookParts(): Promise<GrowthBookParts> {
  const parts: unknown = await import(new URL('./util.mjs', import.meta.resolve('@growthbook/growthbook')).href)
  return parts as GrowthBookParts
}

/** GrowthBook's number of a bucket. */
export const valueOf = (bucket: number): number => bucket / bucketCount

import { bucketCount } from './experiment.ts'

/** Where FNV-1a of 32 bits begins. */
const offsetBasis = 0x811c9dc5

/** What FNV-1a of 32 bits multiplies by. */
const prime = 0x01000193

const digitZero = 48

/**
 * FNV-1a of 32 bits over the UTF-16 code units of a text, as GrowthBook has it: for text beyond ASCII it differs from one
 * over bytes. The hash of `a` followed by `b` is that of `b` continued from that of `a`.
 * @param state what to continue from
 * @returns an integer from -2^31 to 2^31 - 1: its lowest 32 bits are the hash
 * @see http://www.isthe.com/chongo/tech/comp/fnv/
 */
export function fnv1a(text: string, state: number = offsetBasis): number {
  let hash = state
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), prime)
  return hash | 0
}

/**
 * The bucket of a unit by version 2 of GrowthBook's hash, which is FNV-1a of the decimal digits of FNV-1a of the seed
 * followed by the unit. Costs about a nanosecond a character.
 * @param seedState `fnv1a` of the seed
 * @returns 0 to 9999; GrowthBook's own number is a ten thousandth of it
 * @see https://docs.growthbook.io/lib/build-your-own
 */
export function bucketOf(seedState: number, unit: string): number {
  return (fnv1aOfDigits(fnv1a(unit, seedState) >>> 0) >>> 0) % bucketCount
}

/**
 * FNV-1a of the decimal digits of an integer from 0 to 2^32 - 1, without making a text of it: in two halves of five
 * digits, which the processor divides as integers.
 */
function fnv1aOfDigits(value: number): number {
  const high = Math.floor(value / 100_000)
  const low = value - high * 100_000
  return high === 0 ? fiveDigits(low, offsetBasis, false) : fiveDigits(low, fiveDigits(high, offsetBasis, false), true)
}

/** @param areAll whether zeros in front count as digits, as in the lower half of a longer number */
function fiveDigits(value: number, state: number, areAll: boolean): number {
  let hash = state
  if (areAll || value >= 10_000) hash = step(hash, (value / 10_000) | 0)
  if (areAll || value >= 1000) hash = step(hash, ((value / 1000) | 0) % 10)
  if (areAll || value >= 100) hash = step(hash, ((value / 100) | 0) % 10)
  if (areAll || value >= 10) hash = step(hash, ((value / 10) | 0) % 10)
  return step(hash, value % 10)
}

function step(hash: number, digit: number): number {
  return Math.imul(hash ^ (digitZero + digit), prime)
}

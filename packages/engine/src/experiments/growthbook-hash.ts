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
 * followed by the unit. Costs some 40 ns for an id of 13 characters, and twice that for one of 36.
 * @param seedState `fnv1a` of the seed
 * @returns 0 to 9999; GrowthBook's own number is a ten thousandth of it
 * @see https://docs.growthbook.io/lib/build-your-own
 */
export function bucketOf(seedState: number, unit: string): number {
  return (fnv1aOfDigits(fnv1a(unit, seedState) >>> 0) >>> 0) % bucketCount
}

/** FNV-1a of the decimal digits of an integer from 0 to 2^32 - 1, without making a text of it. */
function fnv1aOfDigits(value: number): number {
  const thousands = Math.floor(value / 1000)
  const millions = Math.floor(value / 1_000_000)
  const billions = (millions / 1000) | 0
  let hash = offsetBasis
  if (billions > 0) hash = threeDigits(step(hash, billions), millions - 1000 * billions)
  else if (millions > 0) hash = firstDigits(hash, millions)
  if (millions > 0) hash = threeDigits(hash, thousands - 1000 * millions)
  else if (thousands > 0) hash = firstDigits(hash, thousands)
  const rest = value - 1000 * thousands
  return thousands > 0 ? threeDigits(hash, rest) : firstDigits(hash, rest)
}

/** Of a number below 1000, without zeros in front. */
function firstDigits(state: number, value: number): number {
  let hash = state
  if (value >= 100) hash = step(hash, (value / 100) | 0)
  if (value >= 10) hash = step(hash, ((value / 10) | 0) % 10)
  return step(hash, value % 10)
}

/** Of a number below 1000, with zeros in front. */
function threeDigits(state: number, value: number): number {
  const digits = digitsOf[value]!
  const hash = Math.imul(state ^ (digits & 0xff), prime)
  return Math.imul(Math.imul(hash ^ ((digits >>> 8) & 0xff), prime) ^ (digits >>> 16), prime)
}

/** The codes of the three digits of every number below 1000, the first in the lowest byte. */
const digitsOf = Uint32Array.from({ length: 1000 }, (_, value) => {
  const [first, second, third] = Array.from(String(value).padStart(3, '0'), digit => digit.charCodeAt(0))
  return first! | (second! << 8) | (third! << 16)
})

function step(hash: number, digit: number): number {
  return Math.imul(hash ^ (digitZero + digit), prime)
}

import { optionError } from './checks.ts'
import { MillraceError } from './errors.ts'
import { exactLog } from './exact-log.ts'

const wordCount = 624
const middle = 397
const largestSafe = Number.MAX_SAFE_INTEGER

/** Everything a {@link PythonRandom} knows, as CPython's `getstate` orders it. */
export interface PythonRandomState {
  /** The 624 words of the generator and, last, how many of them are used up (0 to 624). */
  words: Uint32Array
  /** The second number of the pair that `gauss` makes, if it has not been handed out yet. */
  gaussNext: number | null
}

/**
 * Seeded random numbers, equal to those of CPython's `random.Random` bit for bit (the Mersenne Twister MT19937).
 * Not for secrets. A number costs a few nanoseconds, a generator 2.5 kB.
 * @see Matsumoto and Nishimura, "Mersenne Twister", ACM TOMACS 8(1), 1998.
 */
export class PythonRandom {
  readonly #words = new Int32Array(wordCount)
  #used = wordCount
  #gaussNext: number | null = null

  /**
   * @param seed any integer; its sign is ignored, as in CPython. Beyond ±(2^53 - 1) give a bigint
   * @throws {MillraceError} MILL_OPTION_INVALID
   */
  constructor(seed: number | bigint) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) throw optionError('seed', 'a safe integer', seed)
    seedByArray(this.#words, seedWords(BigInt(seed)))
  }

  /** Uniform in [0, 1), with 53 random bits. */
  random(): number {
    const high = this.#next() >>> 5
    const low = this.#next() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /** An integer of `bits` random bits, 0 to 53. @throws {MillraceError} MILL_OPTION_INVALID */
  getrandbits(bits: number): number {
    if (!Number.isInteger(bits) || bits < 0 || bits > 53) throw optionError('bits', 'an integer from 0 to 53', bits)
    if (bits === 0) return 0
    if (bits <= 32) return this.#next() >>> (32 - bits)
    const low = this.#next() >>> 0
    return (this.#next() >>> (64 - bits)) * 4294967296 + low
  }

  /** A uniform integer from `lowest` to `highest`, both included. @throws {MillraceError} MILL_OPTION_INVALID */
  randint(lowest: number, highest: number): number {
    const width = highest - lowest + 1
    if (!Number.isSafeInteger(lowest) || !Number.isSafeInteger(highest) || width < 1 || width > largestSafe) {
      throw optionError('lowest and highest', 'integers with lowest <= highest', `${lowest} and ${highest}`)
    }
    return lowest + this.#below(width)
  }

  /** Uniform between `from` and `to`, in either order; rounding may give `to` itself. */
  uniform(from: number, to: number): number {
    return from + (to - from) * this.random()
  }

  /**
   * `count` items drawn with replacement, in proportion to `weights`, or all alike without them.
   * @throws {MillraceError} MILL_OPTION_INVALID when there is no item, or weights are not one per item, negative or all 0
   */
  choices<Item>(items: readonly Item[], weights?: ArrayLike<number>, count = 1): Item[] {
    if (items.length === 0) throw optionError('items', 'a list with at least one item', 'an empty list')
    if (weights === undefined) {
      return Array.from({ length: count }, () => items[Math.floor(this.random() * items.length)]!)
    }
    if (weights.length !== items.length) throw optionError('weights', 'one number per item', weights.length)
    const sums = runningSums(weights)
    return Array.from({ length: count }, () => items[this.#weighted(sums)]!)
  }

  /** A normal number. They are made in pairs; every second call hands out the number kept by the one before. */
  gauss(mean: number, deviation: number): number {
    const kept = this.#gaussNext
    this.#gaussNext = null
    if (kept !== null) return mean + kept * deviation
    const angle = this.random() * (2 * Math.PI)
    const radius = Math.sqrt(-2 * exactLog(1 - this.random()))
    this.#gaussNext = Math.sin(angle) * radius
    return mean + Math.cos(angle) * radius * deviation
  }

  /** An exponential number of mean `1 / rate`; `rate` must not be 0. @throws {MillraceError} MILL_OPTION_INVALID */
  expovariate(rate: number): number {
    if (!Number.isFinite(rate) || rate === 0) throw optionError('rate', 'a finite number other than 0', rate)
    return -exactLog(1 - this.random()) / rate
  }

  /** Put `items` into a random order, in place. */
  shuffle(items: unknown[]): void {
    for (let index = items.length - 1; index > 0; index--) {
      const other = this.#below(index + 1)
      const item = items[index]
      items[index] = items[other]
      items[other] = item
    }
  }

  /** `count` items drawn without replacement, in random order. @throws {MillraceError} MILL_OPTION_INVALID */
  sample<Item>(items: readonly Item[], count: number): Item[] {
    if (!Number.isInteger(count) || count < 0 || count > items.length) {
      throw optionError('count', `an integer from 0 to ${items.length}`, count)
    }
    // CPython draws differently once a set of the chosen positions takes less memory than a copy of the items.
    const setSize = 21 + (count > 5 ? 4 ** Math.ceil(Math.log(count * 3) / Math.log(4)) : 0)
    return items.length <= setSize ? this.#sampleFromCopy(items, count) : this.#sampleByPosition(items, count)
  }

  /** A copy of the whole state; {@link PythonRandom.fromState} continues from it with the same numbers. */
  toState(): PythonRandomState {
    const words = new Uint32Array(wordCount + 1)
    words.set(this.#words)
    words[wordCount] = this.#used
    return { words, gaussNext: this.#gaussNext }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState({ words, gaussNext }: PythonRandomState): PythonRandom {
    if (words.length !== wordCount + 1 || words[wordCount]! > wordCount || Number.isNaN(gaussNext)) {
      throw new MillraceError('MILL_STATE_INVALID', 'not a state of a random number generator')
    }
    const generator = new PythonRandom(0)
    generator.#words.set(words.subarray(0, wordCount))
    generator.#used = words[wordCount]!
    generator.#gaussNext = gaussNext
    return generator
  }

  /** The next 32 random bits, as a signed integer. */
  #next(): number {
    if (this.#used === wordCount) {
      twist(this.#words)
      this.#used = 0
    }
    let word = this.#words[this.#used++]!
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    return word ^ (word >>> 18)
  }

  /** A uniform integer from 0 to `width - 1`, drawn again until it fits. */
  #below(width: number): number {
    const high = Math.floor(width / 4294967296)
    const bits = high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(width)
    let drawn = this.getrandbits(bits)
    while (drawn >= width) drawn = this.getrandbits(bits)
    return drawn
  }

  /** The first position whose running sum exceeds a random share of the total, or the last. */
  #weighted(sums: Float64Array): number {
    const share = this.random() * sums.at(-1)!
    const found = sums.findIndex(sum => sum > share)
    return found === -1 ? sums.length - 1 : found
  }

  #sampleFromCopy<Item>(items: readonly Item[], count: number): Item[] {
    const left = [...items]
    const sample: Item[] = []
    while (sample.length < count) {
      const chosen = this.#below(left.length)
      const last = left.pop()!
      sample.push(chosen === left.length ? last : left[chosen]!)
      if (chosen < left.length) left[chosen] = last
    }
    return sample
  }

  #sampleByPosition<Item>(items: readonly Item[], count: number): Item[] {
    const positions = new Set<number>()
    while (positions.size < count) positions.add(this.#below(items.length))
    return Array.from(positions, position => items[position]!)
  }
}

/** The 32-bit words of |seed|, least significant first; at least one. */
function seedWords(seed: bigint): Int32Array {
  const digits = (seed < 0n ? -seed : seed).toString(16)
  const words = new Int32Array(Math.ceil(digits.length / 8))
  for (let index = 0; index < words.length; index++) {
    const end = digits.length - 8 * index
    words[index] = Number.parseInt(digits.slice(Math.max(0, end - 8), end), 16)
  }
  return words
}

/** The reference `init_by_array`. */
function seedByArray(words: Int32Array, key: Int32Array): void {
  words[0] = 19650218
  for (let index = 1; index < wordCount; index++) words[index] = Math.imul(1812433253, mixed(words, index)) + index
  let at = 1
  for (let step = 0; step < Math.max(wordCount, key.length); step++) {
    const position = step % key.length
    words[at] = (words[at]! ^ Math.imul(mixed(words, at), 1664525)) + key[position]! + position
    at = following(words, at)
  }
  for (let step = 1; step < wordCount; step++) {
    words[at] = (words[at]! ^ Math.imul(mixed(words, at), 1566083941)) - at
    at = following(words, at)
  }
  words[0] = 0x80000000
}

function mixed(words: Int32Array, index: number): number {
  const before = words[index - 1]!
  return before ^ (before >>> 30)
}

/** The position after `index`; after the last comes 1, once word 0 holds a copy of the last word. */
function following(words: Int32Array, index: number): number {
  if (index + 1 < wordCount) return index + 1
  words[0] = words[wordCount - 1]!
  return 1
}

/** Replace all words by the next 624 of the recurrence. */
function twist(words: Int32Array): void {
  let index = 0
  for (; index < wordCount - middle; index++) {
    words[index] = words[index + middle]! ^ twisted(words[index]!, words[index + 1]!)
  }
  for (; index < wordCount - 1; index++) {
    words[index] = words[index + middle - wordCount]! ^ twisted(words[index]!, words[index + 1]!)
  }
  words[index] = words[middle - 1]! ^ twisted(words[index]!, words[0]!)
}

function twisted(word: number, next: number): number {
  const joined = (word & 0x80000000) | (next & 0x7fffffff)
  return (joined >>> 1) ^ (-(next & 1) & 0x9908b0df)
}

function runningSums(weights: ArrayLike<number>): Float64Array {
  const sums = new Float64Array(weights.length)
  let sum = 0
  for (let index = 0; index < weights.length; index++) {
    const weight = weights[index]!
    if (!(weight >= 0)) throw optionError('weight', 'a number >= 0', weight)
    sum += weight
    sums[index] = sum
  }
  if (!Number.isFinite(sum) || sum === 0) throw optionError('sum of weights', 'a finite number > 0', sum)
  return sums
}

import { compareSamples } from '../../../src/experiments/statistics/compare-samples.ts'
import { confidenceSequence } from '../../../src/experiments/statistics/confidence-sequence.ts'
import type { Distributions } from '../../../src/experiments/statistics/distributions.ts'
import { rateOf, type Sample, sampleOf } from '../../../src/experiments/statistics/sample.ts'
import { armTally } from './fixtures.ts'

/** Numbers in [0, 1), the same for the same seed: mulberry32. */
export function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Of the standard normal distribution. */
export function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** What is told of a unit: its total, and how often something was told. */
export type Draw = (random: () => number) => readonly [total: number, count: number]

const yes = [1, 1] as const
const no = [0, 1] as const
const silent = [0, 0] as const

/** A unit that converts with a chance. */
export function converts(rate: number): Draw {
  return random => (random() < rate ? yes : no)
}

/** Log-normal values; with `sigma` 1 the skewness is 6. */
export function logNormal(sigma: number, factor = 1): Draw {
  return random => [factor * Math.exp(sigma * normal(random)), 1]
}

/** What shops see: one unit of twenty spends something, and what it spends is log-normal. Skewness 28. */
export function spends(factor = 1): Draw {
  return random => (random() < 0.05 ? [factor * Math.exp(normal(random)), 1] : silent)
}

/** Labels of predictions: units come back about five times, and some are harder than others. */
export function isRightAsOftenAs(power: number): Draw {
  return random => {
    const count = 1 + Math.floor(-4 * Math.log(1 - random()))
    const chance = random() ** power
    let right = 0
    for (let one = 0; one < count; one++) if (random() < chance) right++
    return [right, count]
  }
}

/** Units of two arms that come one by one. */
export interface Stream {
  readonly kind: 'conversion' | 'mean' | 'ratio'
  readonly draws: readonly [control: Draw, arm: Draw]
  /** Chance that the next unit is the arm's; may follow what was seen. */
  readonly share: (seen: Seen, units: number) => number
  readonly units: number
  readonly seed: number
}

/** Sums of both arms. */
export class Seen {
  readonly n = new Float64Array(2)
  readonly told = new Float64Array(2)
  readonly sum = new Float64Array(2)
  readonly squares = new Float64Array(2)
  readonly count = new Float64Array(2)
  readonly countSquares = new Float64Array(2)
  readonly products = new Float64Array(2)

  add(arm: number, [total, count]: readonly [number, number]): void {
    this.n[arm]!++
    this.sum[arm]! += total
    this.squares[arm]! += total * total
    if (count === 0) return
    this.told[arm]!++
    this.count[arm]! += count
    this.countSquares[arm]! += count * count
    this.products[arm]! += total * count
  }

  /** As the statistics are given it. */
  sample(kind: Stream['kind'], arm: number): Sample | undefined {
    if (kind === 'conversion') return rateOf(this.sum[arm]!, this.n[arm]!)
    const m = {
      units: this.told[arm]!,
      count: this.count[arm]!,
      sum: this.sum[arm]!,
      sumSquares: this.squares[arm]!,
      countSquares: this.countSquares[arm]!,
      products: this.products[arm]!
    }
    return sampleOf(kind, armTally({ units: this.n[arm]!, metrics: new Map([['m', m]]) }), 'm')
  }

  /** Square of the difference over its usual variance, quickly. */
  zSquared(kind: Stream['kind']): number {
    const over = kind === 'ratio' ? this.count : this.n
    const a = this.sum[0]! / over[0]!
    const b = this.sum[1]! / over[1]!
    const difference = b - a
    if (kind === 'ratio') return (difference * difference) / (this.#ofRatio(0, a) + this.#ofRatio(1, b))
    const variance = (this.squares[0]! / over[0]! - a * a) / over[0]! + (this.squares[1]! / over[1]! - b * b) / over[1]!
    return (difference * difference) / variance
  }

  #ofRatio(arm: number, ratio: number): number {
    const about = this.squares[arm]! - 2 * ratio * this.products[arm]! + ratio * ratio * this.countSquares[arm]!
    return about / (this.count[arm]! * this.count[arm]!)
  }
}

/** Whether what was seen is called a difference. */
export type Alarm = (seen: Seen) => boolean

/**
 * After how many units each alarm is first given, looking after every unit; undefined for never. Where the usual z is below
 * `screen` squared, none is asked: no sequence reaches that near, since ln(1 / alpha) = z^2 / 2 is the least evidence.
 */
export function firstAlarms(stream: Stream, alarms: readonly Alarm[], screen: number): (number | undefined)[] {
  const { kind, draws, share, units, seed } = stream
  const random = generator(seed)
  const seen = new Seen()
  const first: (number | undefined)[] = alarms.map(() => undefined)
  for (let unit = 1; unit <= units; unit++) {
    const arm = random() < share(seen, unit) ? 1 : 0
    seen.add(arm, draws[arm](random))
    if (seen.zSquared(kind) < screen) continue
    for (const [index, alarm] of alarms.entries()) if (first[index] === undefined && alarm(seen)) first[index] = unit
  }
  return first
}

/** The alarm that experiments give. */
export function significant(
  distributions: Distributions,
  { kind, alpha, isAdaptive = false }: { kind: Stream['kind']; alpha: number; isAdaptive?: boolean }
): Alarm {
  return seen => {
    const [control, arm] = [seen.sample(kind, 0), seen.sample(kind, 1)]
    if (control === undefined || arm === undefined) return false
    const { pValue } = compareSamples(distributions, { control, arm, alpha, isAdaptive })
    return pValue !== null && pValue <= alpha
  }
}

/** The alarm that the published formula gives from 100 units of each arm on. */
export function published(kind: Stream['kind'], alpha: number): Alarm {
  return seen => {
    const [control, arm] = [seen.sample(kind, 0), seen.sample(kind, 1)]
    if (control === undefined || arm === undefined || control.n < 100 || arm.n < 100) return false
    const standardError = Math.sqrt(control.varianceOfMean + arm.varianceOfMean)
    const difference = arm.mean - control.mean
    return confidenceSequence({ difference, standardError, n: control.n + arm.n, alpha }).pValue <= alpha
  }
}

import { HashTable } from './hash-table.ts'
import type { MetricTally } from './ledger.ts'
import type { HashPair } from './outcome-fact.ts'

/** Words of a unit: its hash, the sum, the count, and for a unit that cannot come back its arm. */
const stride = 6
const passingMark = 0x80000000
const passingSalt = 0x5bd1e995

/** Where each number of an arm stands; sums of what need not be whole numbers are followed by what rounding took away. */
const at = {
  units: 0,
  count: 1,
  countSquares: 2,
  converted: 3,
  convertedCount: 4,
  sum: 5,
  sumSquares: 7,
  products: 9,
  length: 11
} as const

/**
 * A metric of all arms of an experiment: what was told of each unit, and the sums over units that MetricTally names,
 * kept up to date with every outcome. 33 to 66 bytes a unit of which something was told.
 */
export class MetricSums {
  readonly table = new HashTable(stride)
  readonly #limit: number
  readonly #arms: Float64Array[] = []

  /** @param limit of units; what is told of more does not count */
  constructor(limit: number) {
    this.#limit = limit
  }

  /**
   * Add what was told of a unit, or take it away again.
   * @param arm of the unit @param times 1, or -1 to take it away
   */
  add(unit: HashPair, { arm, isPassing }: { arm: number; isPassing: boolean }, value: number, times: 1 | -1): void {
    const { table } = this
    // Somebody may come back by what was the id of a request once: that is another unit.
    const second = isPassing ? (unit.second ^ passingSalt) >>> 0 : unit.second
    if (!table.find(unit.first, second)) {
      if (table.size >= this.#limit) return
      table.put(unit.first, second)
      table.words[table.at + 5] = isPassing ? (passingMark | arm) >>> 0 : 0
    }
    const sums = this.#armSums(arm)
    this.#weigh(sums, -1)
    table.doubles[table.at / 2 + 1]! += times * value
    table.words[table.at + 4]! += times
    // So that adding and taking away leaves nothing behind.
    if (table.words[table.at + 4] === 0) table.doubles[table.at / 2 + 1] = 0
    this.#weigh(sums, 1)
  }

  /** A unit is the other arm's from now on. */
  move(unit: HashPair, from: number, to: number): void {
    if (!this.table.find(unit.first, unit.second)) return
    this.#weigh(this.#armSums(from), -1)
    this.#weigh(this.#armSums(to), 1)
  }

  /** Sum up anew, after the table was taken over. @param armOf the arm of a unit, undefined for one that nobody knows */
  recount(armOf: (first: number, second: number) => number | undefined): void {
    const { table } = this
    this.#arms.length = 0
    table.forEach(() => {
      const mark = table.words[table.at + 5]!
      const arm = mark === 0 ? armOf(table.words[table.at]!, table.words[table.at + 1]!) : mark & 0x1f
      if (arm !== undefined) this.#weigh(this.#armSums(arm), 1)
    })
  }

  /** @param isConversion whether a unit counts as 1 at most */
  tally(arm: number, isConversion: boolean): MetricTally {
    const sums = this.#armSums(arm)
    const converted = sums[at.converted]!
    return {
      units: sums[at.units]!,
      count: sums[at.count]!,
      countSquares: sums[at.countSquares]!,
      sum: isConversion ? converted : rounded(sums, at.sum),
      sumSquares: isConversion ? converted : rounded(sums, at.sumSquares),
      products: isConversion ? sums[at.convertedCount]! : rounded(sums, at.products)
    }
  }

  /** Count the unit that the table points at with all that was told of it, or no longer. */
  #weigh(sums: Float64Array, sign: 1 | -1): void {
    const { table } = this
    const count = table.words[table.at + 4]!
    if (count === 0) return
    const sum = table.doubles[table.at / 2 + 1]!
    sums[at.units]! += sign
    sums[at.count]! += sign * count
    sums[at.countSquares]! += sign * count * count
    addExactly(sums, at.sum, sign * sum)
    addExactly(sums, at.sumSquares, sign * sum * sum)
    addExactly(sums, at.products, sign * sum * count)
    if (sum <= 0) return
    sums[at.converted]! += sign
    sums[at.convertedCount]! += sign * count
  }

  #armSums(arm: number): Float64Array {
    return (this.#arms[arm] ??= new Float64Array(at.length))
  }
}

/**
 * Add to a sum of two doubles, so that what was added can be taken away again without a trace.
 * @see Knuth, The Art of Computer Programming, volume 2, section 4.2.2, theorem B
 */
function addExactly(sums: Float64Array, place: number, value: number): void {
  const before = sums[place]!
  const sum = before + value
  const part = sum - before
  sums[place + 1]! += before - (sum - part) + (value - part)
  sums[place] = sum
}

function rounded(sums: Float64Array, place: number): number {
  return sums[place]! + sums[place + 1]!
}

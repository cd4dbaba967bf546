/**
 * Keeps the shape of a series of unknown length in bounded memory: means of equally many consecutive values, the
 * number doubling whenever the room is used up. Values that are undefined leave gaps.
 */
export class SeriesSampler {
  readonly #sums: Float64Array
  readonly #counts: Uint32Array
  #perBucket = 1
  #values = 0

  /** @param capacity how many means are kept at most; even */
  constructor(capacity = 1024) {
    this.#sums = new Float64Array(capacity)
    this.#counts = new Uint32Array(capacity)
  }

  add(value: number | undefined): void {
    if (this.#values === this.#sums.length * this.#perBucket) this.#halve()
    const bucket = Math.floor(this.#values++ / this.#perBucket)
    if (value === undefined) return
    this.#sums[bucket]! += value
    this.#counts[bucket]! += 1
  }

  /** The series as at most `points` means, in order; undefined where there was nothing to take the mean of. */
  points(points: number): (number | undefined)[] {
    const buckets = Math.ceil(this.#values / this.#perBucket)
    const length = Math.min(points, buckets)
    return Array.from({ length }, (_, index) =>
      this.#mean(Math.floor((index * buckets) / length), Math.floor(((index + 1) * buckets) / length))
    )
  }

  #mean(from: number, to: number): number | undefined {
    let sum = 0
    let count = 0
    for (let bucket = from; bucket < to; bucket++) {
      sum += this.#sums[bucket]!
      count += this.#counts[bucket]!
    }
    return count === 0 ? undefined : sum / count
  }

  #halve(): void {
    const half = this.#sums.length / 2
    for (let bucket = 0; bucket < half; bucket++) {
      this.#sums[bucket] = this.#sums[2 * bucket]! + this.#sums[2 * bucket + 1]!
      this.#counts[bucket] = this.#counts[2 * bucket]! + this.#counts[2 * bucket + 1]!
    }
    this.#sums.fill(0, half)
    this.#counts.fill(0, half)
    this.#perBucket *= 2
  }
}

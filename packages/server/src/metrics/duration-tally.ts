/** What a tally has counted, as it travels between processes. */
export interface CountedDurations {
  readonly bounds: readonly number[]
  /** Of each bucket, and of what is beyond all bounds. */
  readonly counts: Float64Array
  /** Seconds. */
  readonly sum: number
}

/**
 * Counts durations in buckets, as a histogram of Prometheus does. An observation allocates nothing and looks nothing up:
 * some 10 ns, where a child of prom-client's histogram takes 300.
 */
export class DurationTally {
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[]
  readonly #counts: Float64Array
  #sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  /** A tally that has counted this. */
  static of({ bounds, counts, sum }: CountedDurations): DurationTally {
    const tally = new DurationTally(bounds)
    tally.#counts.set(counts)
    tally.#sum = sum
    return tally
  }

  observe(seconds: number): void {
    const { bounds } = this
    let bucket = 0
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++
    this.#counts[bucket]! += 1
    this.#sum += seconds
  }

  get count(): number {
    return this.#counts.reduce((total, count) => total + count, 0)
  }

  /** Seconds of all together. */
  get sum(): number {
    return this.#sum
  }

  /** How many took at most each bound, in the order of the bounds. */
  cumulative(): number[] {
    let total = 0
    return this.bounds.map((_, bucket) => (total += this.#counts[bucket]!))
  }

  /** All that is counted so far. */
  counted(): CountedDurations {
    return { bounds: this.bounds, counts: this.#counts.slice(), sum: this.#sum }
  }

  /** Take over what another tally with the same bounds has counted. */
  add(other: DurationTally): void {
    for (const [bucket, count] of other.#counts.entries()) this.#counts[bucket]! += count
    this.#sum += other.#sum
  }
}

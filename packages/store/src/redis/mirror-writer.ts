import type { MirroredPush, SeriesMirror } from '../series-mirror.ts'

/** How many acknowledged values the copy may lack. */
const furthestBehind = 1000

/** Brings what Redis has taken to the embedded copy, behind the acknowledgements. */
export class MirrorWriter {
  readonly #mirror: SeriesMirror
  readonly #isAwaited: boolean
  readonly #failed: (error: Error) => void
  readonly #puts = new Set<Promise<void>>()
  #isFailing = false
  #errors = 0

  /**
   * @param options `isAwaited` whether a value is acknowledged only once the copy has it; `failed` is told of the first
   *   of several failures in a row
   */
  constructor(mirror: SeriesMirror, { isAwaited, failed }: { isAwaited: boolean; failed: (error: Error) => void }) {
    this.#mirror = mirror
    this.#isAwaited = isAwaited
    this.#failed = failed
  }

  /** How many values the copy could not take. The next one that it takes brings the values up to date. */
  get errors(): number {
    return this.#errors
  }

  /** Resolves when the push may be acknowledged. */
  put(push: MirroredPush): Promise<void> {
    const put = this.#mirror.put(push)
    this.#puts.add(put)
    const done = this.#watch(put)
    if (this.#isAwaited) return put
    return this.#puts.size > furthestBehind ? done : Promise.resolve()
  }

  async flush(): Promise<void> {
    await Promise.allSettled(this.#puts)
  }

  async #watch(put: Promise<void>): Promise<void> {
    try {
      await put
      this.#isFailing = false
    } catch (error) {
      this.#errors += 1
      if (!this.#isFailing) this.#failed(error as Error)
      this.#isFailing = true
    } finally {
      this.#puts.delete(put)
    }
  }
}

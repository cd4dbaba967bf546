/** Milliseconds for which moments are told by what the clock said at the first of them. */
const holdsMs = 100

/**
 * The time of day of moments by the monotonic clock, which a request has anyway: the clock itself is read ten times a
 * second, since that takes a third as long as finding an arm. A clock that is set is followed within that time.
 */
export class TimeOfDay {
  readonly #now: () => number
  #offset = 0
  #until = -Infinity

  /** @param now milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now
  }

  /** @param moment that has just been, in milliseconds by the monotonic clock @returns whole milliseconds since 1970 */
  of(moment: number): number {
    if (moment >= this.#until) {
      this.#offset = this.#now() - moment
      this.#until = moment + holdsMs
    }
    return Math.floor(moment + this.#offset)
  }
}

/** One timer for many deadlines, by `performance.now()`: a timer for each request would cost more than the request. */
export class DueTimer {
  readonly #onDue: () => number
  #at = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** @param onDue handles what is overdue; returns the earliest deadline that is left, or infinity */
  constructor(onDue: () => number) {
    this.#onDue = onDue
  }

  /** Have `onDue` called when `deadline` has passed, if not before. */
  watch(deadline: number): void {
    if (deadline < this.#at) this.#set(deadline)
  }

  close(): void {
    clearTimeout(this.#timer)
  }

  #set(at: number): void {
    clearTimeout(this.#timer)
    this.#at = at
    if (at !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#fire(), waitMs(at))
  }

  #fire(): void {
    this.#at = Number.POSITIVE_INFINITY
    this.#set(this.#onDue())
  }
}

/** Timers take whole milliseconds up to 2^31, and may fire a little early: whoever is called then looks again. */
const waitMs = (at: number): number => Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(at - performance.now())))

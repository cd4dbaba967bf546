import { MillraceError } from '@millrace/common'

/** How much may be in work at once, and how much may wait for it. */
export interface AdmissionLimits {
  /** Requests in work; Infinity for no limit. */
  readonly maxConcurrent: number
  /** Requests that wait; more are refused. */
  readonly queueLimit: number
}

interface Waiting {
  enter: () => void
  refuse: (error: unknown) => void
  isGone: boolean
}

/**
 * Lets a bounded number of requests in; others wait in the order they came. Entering when there is room costs one
 * comparison.
 */
export class Admission {
  readonly #limits: AdmissionLimits
  #running = 0
  /** A queue with its head at `#first`; those that gave up stay until their turn. */
  #queue: Waiting[] = []
  #first = 0
  #waiting = 0

  constructor(limits: AdmissionLimits) {
    this.#limits = limits
  }

  /** Enter now if there is room. */
  tryEnter(): boolean {
    if (this.#running >= this.#limits.maxConcurrent) return false
    this.#running++
    return true
  }

  /**
   * Wait to be let in.
   * @returns `entered` resolves when in; `giveUp` leaves the queue and lets it fail, unless it was let in already
   * @throws {MillraceError} MILL_OVERLOADED when too many wait
   */
  wait(): { entered: Promise<void>; giveUp: (error: unknown) => void } {
    const { queueLimit, maxConcurrent } = this.#limits
    if (this.#waiting >= queueLimit) {
      throw new MillraceError(
        'MILL_OVERLOADED',
        `Exceeds maximum queue size: ${maxConcurrent} requests are in work and ${queueLimit} wait`
      )
    }
    const { promise: entered, resolve: enter, reject: refuse } = Promise.withResolvers<void>()
    const waiting: Waiting = { enter, refuse, isGone: false }
    this.#queue.push(waiting)
    this.#waiting++
    return { entered, giveUp: error => this.#giveUp(waiting, error) }
  }

  /** One that was let in is done: its place goes to the next. */
  leave(): void {
    const next = this.#next()
    if (next === undefined) {
      this.#running--
      return
    }
    next.isGone = true
    this.#waiting--
    next.enter()
  }

  #giveUp(waiting: Waiting, error: unknown): void {
    if (waiting.isGone) return
    waiting.isGone = true
    this.#waiting--
    waiting.refuse(error)
  }

  #next(): Waiting | undefined {
    while (this.#first < this.#queue.length) {
      const next = this.#queue[this.#first++]!
      this.#shorten()
      if (!next.isGone) return next
    }
    return undefined
  }

  /** Give up the part of the array that was served, now and then. */
  #shorten(): void {
    if (this.#first < 1024 && this.#first < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#first)
    this.#first = 0
  }
}

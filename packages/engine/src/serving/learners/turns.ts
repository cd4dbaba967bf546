/**
 * Lets long pieces of work have turns: one a round of the event loop, in the order they asked, so that however many there
 * are, whoever else waits for the thread waits for one turn.
 */
export class Turns {
  readonly #waiting: (() => void)[] = []
  readonly #later: (work: () => void) => void

  /** @param later calls `work` once whatever else waits has had its turn */
  constructor(later: (work: () => void) => void = setImmediate) {
    this.#later = later
  }

  /** Does anything wait for a turn? */
  get isBusy(): boolean {
    return this.#waiting.length > 0
  }

  /** Resolves when it is the caller's turn; what follows without waiting again is the turn. */
  next(): Promise<void> {
    return new Promise(resolve => {
      if (this.#waiting.push(resolve) === 1) this.#later(() => this.#give())
    })
  }

  #give(): void {
    const begin = this.#waiting.shift()
    if (this.isBusy) this.#later(() => this.#give())
    begin?.()
  }
}

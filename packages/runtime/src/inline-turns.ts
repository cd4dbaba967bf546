/** Something that has work for the calling thread, in short pieces. */
export interface TurnTaker {
  /** Do one piece. @returns whether there is more */
  takeTurn(): boolean
}

/**
 * Shares the calling thread between the models that run on it. What is asked for in one turn of the event loop is done
 * at its end, so that requests which arrive together run together; after some milliseconds the rest waits for the
 * next turn, so that others get theirs.
 */
export class InlineTurns {
  readonly #limitMs: number
  /** Each once. Not a set, whose tables would be made anew with every turn: there are few. */
  readonly #takers: TurnTaker[] = []
  #isScheduled = false

  /** @param limitMs milliseconds that the thread is held in one go */
  constructor(limitMs: number) {
    this.#limitMs = limitMs
  }

  /** Have `taker` called until it has no more work. */
  request(taker: TurnTaker): void {
    this.#add(taker)
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => this.#turn())
  }

  #turn(): void {
    const until = performance.now() + this.#limitMs
    do {
      // In turn, so that no model waits for all the work of another.
      const taker = this.#takers.shift()
      if (taker?.takeTurn() === true) this.#add(taker)
    } while (this.#takers.length > 0 && performance.now() < until)
    this.#isScheduled = this.#takers.length > 0
    if (this.#isScheduled) setImmediate(() => this.#turn())
  }

  #add(taker: TurnTaker): void {
    if (!this.#takers.includes(taker)) this.#takers.push(taker)
  }
}

/**
 * Does one thing at a time. All who ask while it is being done share the next time: what they ask about may have changed
 * since this time began.
 */
export class SharedRuns<Wish, Result> {
  readonly #run: (wishes: readonly Wish[]) => Promise<Result>
  /** Resolves when the present run is over, however it ended. */
  #running: Promise<void> | undefined
  #next: { readonly wishes: Wish[]; readonly result: Promise<Result> } | undefined

  constructor(run: (wishes: readonly Wish[]) => Promise<Result>) {
    this.#run = run
  }

  ask(wish: Wish): Promise<Result> {
    if (this.#running === undefined && this.#next === undefined) return this.#begin([wish])
    if (this.#next === undefined) this.#next = this.#queue()
    this.#next.wishes.push(wish)
    return this.#next.result
  }

  /** Do something else while none of it is being done. */
  async alone<Other>(work: () => Promise<Other>): Promise<Other> {
    while (this.#running !== undefined) await this.#running
    return this.#occupy(Promise.resolve().then(work))
  }

  /** Resolves when nothing is being done and nobody waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) {
      await this.#running
      await this.#next?.result.catch(() => undefined)
    }
  }

  #queue(): { wishes: Wish[]; result: Promise<Result> } {
    const wishes: Wish[] = []
    const result = this.#afterOthers(wishes)
    return { wishes, result }
  }

  async #afterOthers(wishes: readonly Wish[]): Promise<Result> {
    while (this.#running !== undefined) await this.#running
    this.#next = undefined
    return this.#begin(wishes)
  }

  #begin(wishes: readonly Wish[]): Promise<Result> {
    return this.#occupy(this.#run(wishes))
  }

  #occupy<Any>(result: Promise<Any>): Promise<Any> {
    const over = (): void => {
      this.#running = undefined
    }
    this.#running = result.then(over, over)
    return result
  }
}

import type { After } from '../learning/timers.ts'

/** Something that has to happen until a moment. */
export interface Awaited {
  /** `performance.now()` of that moment. */
  readonly deadline: number
  /** It did not happen. Must not throw. */
  expire(): void
}

/** Watches over deadlines with one timer for all of them. Adding and taking out costs O(1). */
export class Deadlines {
  readonly #awaited = new Set<Awaited>()
  readonly #now: () => number
  readonly #after: After
  #armedFor = Infinity
  #cancel: () => void = () => undefined

  constructor(now: () => number, after: After) {
    this.#now = now
    this.#after = after
  }

  add(awaited: Awaited): void {
    this.#awaited.add(awaited)
    if (awaited.deadline < this.#armedFor) this.#arm(awaited.deadline)
  }

  delete(awaited: Awaited): void {
    this.#awaited.delete(awaited)
  }

  close(): void {
    this.#cancel()
    this.#armedFor = Infinity
  }

  #arm(deadline: number): void {
    this.#cancel()
    this.#armedFor = deadline
    this.#cancel = this.#after(Math.max(1, Math.ceil(deadline - this.#now())), () => this.#sweep())
  }

  #sweep(): void {
    this.#armedFor = Infinity
    const now = this.#now()
    let next = Infinity
    for (const awaited of this.#awaited) {
      if (awaited.deadline <= now) {
        this.#awaited.delete(awaited)
        awaited.expire()
      } else if (awaited.deadline < next) next = awaited.deadline
    }
    if (next < this.#armedFor) this.#arm(next)
  }
}

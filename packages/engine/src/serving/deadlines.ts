import type { After } from '../learning/timers.ts'

/** Something that has to happen until a moment. */
export interface Awaited {
  /** `performance.now()` of that moment. */
  readonly deadline: number
  /** For {@link Deadlines} to find it again. */
  place: number | undefined
  /** It did not happen. Must not throw. */
  expire(): void
}

/**
 * Watches over deadlines with one timer for all of them. Adding and taking out costs O(1). The list keeps its places for
 * those that come later: a set would be made anew again and again, and what was left of it would keep requests that are
 * long over from the garbage collector.
 */
export class Deadlines {
  readonly #awaited: (Awaited | undefined)[] = []
  readonly #freePlaces: number[] = []
  readonly #now: () => number
  readonly #after: After
  #armedFor = Infinity
  #cancel: () => void = () => undefined

  constructor(now: () => number, after: After) {
    this.#now = now
    this.#after = after
  }

  add(awaited: Awaited): void {
    const place = this.#freePlaces.pop() ?? this.#awaited.length
    this.#awaited[place] = awaited
    awaited.place = place
    if (awaited.deadline < this.#armedFor) this.#arm(awaited.deadline)
  }

  delete(awaited: Awaited): void {
    const { place } = awaited
    if (place === undefined) return
    this.#awaited[place] = undefined
    this.#freePlaces.push(place)
    awaited.place = undefined
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
      if (awaited === undefined) continue
      if (awaited.deadline <= now) {
        this.delete(awaited)
        awaited.expire()
      } else if (awaited.deadline < next) next = awaited.deadline
    }
    if (next < this.#armedFor) this.#arm(next)
  }
}

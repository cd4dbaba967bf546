import { areAlike, type Waiting } from './waiting.ts'

/** Requests in the order in which they are to run: by priority, then by arrival. */
export class WaitingQueue {
  #entries: Waiting[] = []

  get size(): number {
    return this.#entries.length
  }

  /** O(1), or O(requests of a higher number) for one that goes before others. */
  push(waiting: Waiting): void {
    const entries = this.#entries
    let index = entries.length
    while (index > 0 && entries[index - 1]!.priority > waiting.priority) index -= 1
    if (index === entries.length) entries.push(waiting)
    else entries.splice(index, 0, waiting)
  }

  /** Put requests back before all others. */
  unshift(waiting: readonly Waiting[]): void {
    this.#entries = [...waiting, ...this.#entries]
  }

  /**
   * Take the first request, and those after it that may share its run. O(requests).
   * @param mostRows of the run; a request that has more runs nevertheless, alone
   */
  take(mostRows: number): Waiting[] {
    const [first] = this.#entries
    if (first === undefined) return []
    if (first.isAlone || first.rows >= mostRows) return this.#entries.splice(0, 1)
    return this.#takeLike(first, mostRows)
  }

  #takeLike(first: Waiting, mostRows: number): Waiting[] {
    const taken: Waiting[] = []
    const left: Waiting[] = []
    let rows = 0
    for (const waiting of this.#entries) {
      const fits = rows + waiting.rows <= mostRows && !waiting.isAlone && areAlike(first, waiting)
      if (fits) rows += waiting.rows
      const list = fits ? taken : left
      list.push(waiting)
    }
    this.#entries = left
    return taken
  }

  /** Rows that wait, of all requests. */
  rows(): number {
    return this.#entries.reduce((sum, { rows }) => sum + rows, 0)
  }

  /** When the first of those that wait arrived. */
  oldestArrival(): number {
    return this.#entries.reduce((oldest, { arrivedAt }) => Math.min(oldest, arrivedAt), Number.POSITIVE_INFINITY)
  }

  /** Take out the requests that nobody waits for any more. */
  takeOverdue(now: number): Waiting[] {
    const overdue = this.#entries.filter(({ deadline }) => deadline < now)
    if (overdue.length > 0) this.#entries = this.#entries.filter(({ deadline }) => deadline >= now)
    return overdue
  }

  takeAll(): Waiting[] {
    const all = this.#entries
    this.#entries = []
    return all
  }

  /** The earliest deadline. */
  nextDeadline(): number {
    return this.#entries.reduce((next, { deadline }) => Math.min(next, deadline), Number.POSITIVE_INFINITY)
  }
}

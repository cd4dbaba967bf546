import type { LearnerLog } from '../../learning/learner-log.ts'
import type { After } from '../../learning/timers.ts'

/** What {@link Looks} is given. */
export interface LooksDeps {
  readonly after: After
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: LearnerLog
  /** Looks after something; one look at a time of each. */
  readonly look: (id: string) => Promise<void>
}

/** Looks are this share of the interval early or late, so that processes do not all look at the same moment. */
const jitter = 0.1

/** Milliseconds after which a look follows that is asked for before its time. */
const soonMs = 250

interface Watched {
  intervalMs: number
  cancel: () => void
  isLooking: boolean
  isSoon: boolean
}

/** Looks after things again and again, each at an interval of its own. What a look throws is told, and the next one follows. */
export class Looks {
  readonly #deps: LooksDeps
  readonly #watched = new Map<string, Watched>()
  #isClosed = false

  constructor(deps: LooksDeps) {
    this.#deps = deps
  }

  /** Look after these from now on, and no others. @param intervals in milliseconds by id */
  watch(intervals: ReadonlyMap<string, number>): void {
    for (const [id, { cancel }] of this.#watched) {
      if (intervals.has(id)) continue
      cancel()
      this.#watched.delete(id)
    }
    if (this.#isClosed) return
    for (const [id, intervalMs] of intervals) {
      const watched = this.#watched.get(id)
      if (watched !== undefined) watched.intervalMs = intervalMs
      else this.#begin(id, intervalMs)
    }
  }

  /** Look after all before their time: there is news. */
  soon(): void {
    for (const [id, watched] of this.#watched) {
      if (watched.isSoon || watched.intervalMs <= soonMs) continue
      watched.isSoon = true
      this.#wait(id, watched, soonMs)
    }
  }

  close(): void {
    this.#isClosed = true
    this.watch(new Map())
  }

  #begin(id: string, intervalMs: number): void {
    const watched: Watched = { intervalMs, cancel: () => undefined, isLooking: false, isSoon: false }
    this.#watched.set(id, watched)
    this.#wait(id, watched, this.#jittered(intervalMs))
  }

  #wait(id: string, watched: Watched, delayMs: number): void {
    watched.cancel()
    if (watched.isLooking) return
    watched.cancel = this.#deps.after(delayMs, () => void this.#look(id, watched))
  }

  async #look(id: string, watched: Watched): Promise<void> {
    watched.isLooking = true
    watched.isSoon = false
    try {
      await this.#deps.look(id)
    } catch (error) {
      if (this.#isClosed) return
      this.#deps.log.warn({ err: error, experiment: id }, 'an experiment could not be looked after; it is tried again')
    }
    watched.isLooking = false
    if (this.#watched.get(id) !== watched) return
    this.#wait(id, watched, watched.isSoon ? soonMs : this.#jittered(watched.intervalMs))
  }

  #jittered(intervalMs: number): number {
    return intervalMs * (1 - jitter + 2 * jitter * this.#deps.random())
  }
}

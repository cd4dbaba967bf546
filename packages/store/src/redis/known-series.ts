import type { MirroredSeries } from '../series-mirror.ts'
import type { Expected, NumberedPush, PushedAll, PushOutcome, RestoredSeries, SeriesState } from './redis-series.ts'
import type { SeriesKnowledge } from './series-repair.ts'
import type { Writer } from './series-writer.ts'

/** What this process knows of one series in Redis. Grows with what Redis answers; never goes back. */
export class KnownSeries implements SeriesKnowledge {
  readonly writer: string
  readonly kin: ReadonlySet<string>
  view: readonly number[] = []
  count = 0
  readonly own: NumberedPush[] = []
  readonly writers = new Map<string, { number: number; count: number }>()
  /** The largest count ever seen: what is restored with less goes on from here. */
  floor = 0

  constructor({ writer, kin }: Writer) {
    this.writer = writer
    this.kin = kin
  }

  /** What must be in Redis before pushes of `writer` make sense. */
  expected(writer: string): Expected {
    return { after: writer === this.writer ? this.#after : 0, count: this.count }
  }

  /** Take over what the mirror has, if that is more. */
  load({ values, count, waiting }: MirroredSeries): void {
    const before = values.slice(waiting)
    // A series that the embedded store had before there was a Redis is to be found there all the same.
    const reached = Math.max(count, before.length > 0 ? 1 : 0)
    if (reached > this.count) this.#isAt(before, reached)
  }

  /** Take over what Redis answered to pushes. */
  pushed(pushes: readonly NumberedPush[], { outcomes, count, writers }: PushedAll, writer: string): void {
    for (const [name, last] of writers ?? []) this.writers.set(name, last)
    this.writers.set(writer, { number: pushes.at(-1)!.number ?? 0, count })
    const newest = outcomes.findLastIndex(({ what }) => what === 'pushed')
    if (newest !== -1) {
      const { value, keep } = pushes[newest]!
      this.#isAt([value, ...outcomes[newest]!.earlier].slice(0, keep), count)
    }
    if (writer === this.writer) this.#remember(pushes.filter((_, index) => isThere(outcomes[index]!)))
  }

  /** Take over how Redis has been seen. */
  seen({ values, count }: Pick<SeriesState, 'values' | 'count'>): void {
    if (count !== undefined) this.#isAt(values, count)
  }

  /** Take over how Redis has been restored from `state`. */
  restored(state: SeriesState, { values, count, writers }: RestoredSeries): void {
    this.view = values ?? state.values
    this.count = count
    if (writers !== undefined) return
    // Redis was believed, in what it says of this process too.
    const last = state.writers.get(this.writer)
    if (last === undefined) this.writers.delete(this.writer)
    else this.writers.set(this.writer, last)
  }

  get #after(): number {
    return this.writers.get(this.writer)?.number ?? 0
  }

  /** Whether Redis lacks something. */
  isMissingIn({ values, count = 0, writers }: SeriesState): boolean {
    if (this.count === 0 && this.#after === 0) return false
    return values.length === 0 || count < this.count || (writers.get(this.writer)?.number ?? 0) < this.#after
  }

  #isAt(view: readonly number[], count: number): void {
    this.view = view
    this.count = count
    this.floor = Math.max(this.floor, count)
  }

  /** Keep the latest of its own pushes: as many as the series is long. */
  #remember(pushes: readonly NumberedPush[]): void {
    const newest = this.own.at(-1)?.number ?? 0
    this.own.push(...pushes.filter(({ number = 0 }) => number > newest))
    this.own.splice(0, Math.max(0, this.own.length - this.view.length))
  }
}

/** Whether a push is in Redis now as one of its writer. */
function isThere({ what }: PushOutcome): boolean {
  return what === 'pushed' || what === 'known'
}

import type { NumberedPush, RestoredSeries, SeriesState } from './redis-series.ts'

/** What one writer knows of a series that it pushed to. */
export interface SeriesKnowledge {
  /** The values after its last push, newest first. */
  view: readonly number[]
  /** How many pushes the series had had then; 0 for a series never seen. */
  count: number
  /** Number of its own last push; 0 for none. */
  after: number
  /** Its own latest pushes, oldest first. */
  own: readonly NumberedPush[]
  /** Number of the last push of its own that came before these; 0 for none, Infinity when it is not known. */
  beforeOwn: number
  /** The numbers of other writers at that time. */
  writers: string | undefined
}

/** How a series in Redis becomes what it was, as far as this writer can vouch for it. */
export interface Repair {
  /** What the series is to be first. */
  restored: RestoredSeries
  /** The pushes to be made again then. */
  again: readonly NumberedPush[]
}

/**
 * What to do about a series in Redis that lacks something: Redis was restarted with nothing or with an older copy, was
 * flushed, or has evicted a key.
 *
 * While writers live, nothing is lost and nothing doubled: each makes those of its own pushes again that Redis has not,
 * and what the first of them restores says whose pushes are in it. What only a process that has ended knew, and single
 * keys that were evicted, are told from the values, as well as can be.
 */
export function planRepair(state: SeriesState, known: SeriesKnowledge): Repair {
  const { view, count, after, writers } = known
  if (state.values.length === 0) return { restored: fromView(state, known), again: [] }
  if (state.count === undefined) return { restored: withoutCount(state, known), again: [] }
  const again = known.own.filter(({ number = 0 }) => number > state.last)
  const missing = count - state.count
  // With a single writer the view is what was there. When others have pushed since, only its own pushes are its matter.
  const isAlone = after === 0 || again.length === missing || known.beforeOwn > state.last
  if (isAlone && missing > 0 && offset(view, state.values) === missing) {
    return { restored: { count, last: after, writers, values: view }, again: [] }
  }
  return { restored: { count: Math.max(count, state.count), last: state.last }, again }
}

/** The values are gone: those last seen take their place. With none, the series begins anew. */
function fromView(state: SeriesState, { view, count, after, writers }: SeriesKnowledge): RestoredSeries {
  const isKnown = view.length > 0
  return { count: isKnown ? Math.max(count, state.count ?? 0, view.length) : 0, last: after, writers, values: view }
}

/** There are values but not their count: the list of another program, or what an eviction has left. */
function withoutCount({ values }: SeriesState, { view, count, after, writers }: SeriesKnowledge): RestoredSeries {
  const ahead = offset(values, view)
  const isBehind = ahead === undefined && view.length > 0 && offset(view, values) !== undefined
  const reached = Math.max(count + (ahead ?? 0), values.length)
  return { count: reached, last: after, writers, values: isBehind ? view : undefined }
}

/** By how many pushes `newer` is ahead of `older`; undefined when it does not contain the beginning of it. */
function offset(newer: readonly number[], older: readonly number[]): number | undefined {
  for (let ahead = 0; ahead < newer.length && older.length > 0; ahead++) {
    const overlap = Math.min(newer.length - ahead, older.length)
    let same = 0
    while (same < overlap && Object.is(newer[ahead + same], older[same])) same++
    if (same === overlap) return ahead
  }
  return undefined
}

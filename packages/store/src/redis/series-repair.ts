import type { NumberedPush, RestoredSeries, SeriesState, Writers } from './redis-series.ts'

/** What a process knows of a series that it pushed to. */
export interface SeriesKnowledge {
  /** The values after its last push, newest first. */
  view: readonly number[]
  /** How many pushes the series had had then; 0 for a series never seen. */
  count: number
  /** Who pushed until then, itself included; none for a series that it has only on disk. */
  writers: Writers
  /** Its own latest pushes, oldest first. */
  own: readonly NumberedPush[]
  /** Its own name. */
  writer: string
  /** The names that it and the processes before it on the same files have had. */
  kin: ReadonlySet<string>
}

/** How a series in Redis becomes what it was, as far as this process can vouch for it. */
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
 * When nobody else has pushed since, the view is what was there. Otherwise each process makes its own lost pushes again,
 * and what the first one restores says whose pushes are in it: while processes live, nothing is lost and nothing is
 * doubled. What only a process knew that has ended, and single keys that were evicted, are told from the values, as
 * well as can be.
 */
export function planRepair(state: SeriesState, known: SeriesKnowledge): Repair {
  const { view, count, writers } = known
  if (state.values.length === 0) return { restored: fromView(state, known), again: [] }
  if (state.count === undefined) return { restored: withoutCount(state, known), again: [] }
  const missing = count - state.count
  if (missing > 0 && isAlone(state, known) && continues(view, state.values, missing)) {
    return { restored: { count, writers, values: view }, again: [] }
  }
  const last = state.writers.get(known.writer)?.number ?? 0
  const again = known.own.filter(({ number = 0 }) => number > last)
  return { restored: { count: Math.max(count, state.count) }, again }
}

/** Whether all that Redis lacks comes from this process and those before it, and all it has is known. */
function isAlone(state: SeriesState, { writers, kin }: SeriesKnowledge): boolean {
  const others = ([writer]: [string, unknown]): boolean => !kin.has(writer)
  return (
    [...writers].filter(others).every(([, { count }]) => count <= state.count!) &&
    [...state.writers].filter(others).every(([writer, { number }]) => number <= (writers.get(writer)?.number ?? 0))
  )
}

/** The values are gone: those last seen take their place. With none, the series begins anew. */
function fromView(state: SeriesState, { view, count, writers }: SeriesKnowledge): RestoredSeries {
  const isKnown = view.length > 0
  return { count: isKnown ? Math.max(count, state.count ?? 0, view.length) : 0, writers, values: view }
}

/** There are values but not their count: the list of another program, or what an eviction has left. */
function withoutCount({ values }: SeriesState, { view, count, writers }: SeriesKnowledge): RestoredSeries {
  const ahead = offset(values, view)
  const isBehind = ahead === undefined && offset(view, values) !== undefined
  const reached = Math.max(count + (ahead ?? 0), values.length)
  return { count: reached, writers, values: isBehind ? view : undefined }
}

/** By how many pushes `newer` is ahead of `older`; undefined when it does not contain the beginning of it. */
function offset(newer: readonly number[], older: readonly number[]): number | undefined {
  if (older.length === 0) return undefined
  const ahead = newer.findIndex((_, index) => continues(newer, older, index))
  return ahead === -1 ? undefined : ahead
}

/** Whether `newer` is what `older` becomes by `ahead` pushes, as far as can be seen. */
function continues(newer: readonly number[], older: readonly number[], ahead: number): boolean {
  return newer.slice(ahead).every((value, index) => index >= older.length || Object.is(value, older[index]))
}

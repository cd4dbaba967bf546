import type { PushedValue, SeriesPush } from './series-store.ts'

/** A push that Redis has answered. */
export interface MirroredPush extends SeriesPush {
  /** What it found. */
  earlier: readonly number[]
  /** True when Redis knew the observation id before and stored nothing. */
  isRepeat: boolean
  /** How many pushes Redis has counted for the series, this one included. */
  count: number
}

/** A series as it was last seen in Redis, with the pushes that wait in the outbox on top of it. */
export interface MirroredSeries {
  seriesId: string
  /** Newest first, at least one. */
  values: number[]
  /** How many pushes Redis had counted when it was last seen; 0 for a series never seen there. */
  count: number
  /** How many of its pushes wait in the outbox. */
  waiting: number
}

/** An observation id that is remembered, with what was pushed and found under it. */
export interface RememberedPush {
  observationId: string
  value: number
  earlier: number[]
}

/** A push made while Redis was away. */
export interface AwayPush extends SeriesPush {
  /** What Redis is to know this push by, any text unique to the push; it holds the observation id where there is one. */
  operationId: string
}

/** A push in the outbox. */
export interface OutboxPush {
  /** Place in the outbox: a later push has a larger one, never used twice. */
  order: number
  seriesId: string
  value: number
  keep: number
  operationId: string
  /** What it found in the copy, and was answered with. */
  earlier: number[]
}

/** What became of a push of the outbox. */
export interface SettledPush {
  order: number
  /**
   * The series in Redis after this push, if known: its values, at least one, and count. It becomes the mirrored one, with
   * the pushes of the series that still wait on top of it.
   */
  redis?: { values: readonly number[]; count: number } | undefined
}

/**
 * The embedded side of series that live in Redis: a copy to go on with while Redis is away, and the pushes to be made
 * there when it is back. It shares its tables with the embedded series store, whose `read` and `list` answer from the
 * copy.
 *
 * A value reaches Redis exactly once when the push that could not be acknowledged there and the entry in the outbox
 * carry one `operationId`, which Redis knows repeats by; then a push whose reply was lost, and an entry that was sent
 * twice because the process died before `settle`, change nothing.
 *
 * Every call is one transaction, as durable as the embedded store, and fails with MILL_STORE_FAILED, nothing changed.
 */
export interface SeriesMirror {
  /**
   * Take over what a push to Redis left behind: the values, the count, and the observation id with what it found, so
   * that a repeat is known while Redis is away. Pushes of the series that wait in the outbox stay on top of the values.
   * A push with a count no larger than the one mirrored, and a repeat, change nothing but the id.
   */
  put(push: MirroredPush): Promise<void>

  get(seriesId: string): Promise<MirroredSeries | undefined>

  /**
   * All series that were ever seen in Redis or wait for it, in a fixed order, to compare their counts with those of a
   * Redis that came back.
   * @param limit integer >= 1, how many at most
   * @param after the series to go on behind; undefined begins with the first
   */
  page(limit: number, after?: string): Promise<MirroredSeries[]>

  /** The latest `limit` remembered ids of a series, oldest first, for a Redis that has lost them. */
  ids(seriesId: string, limit: number): Promise<RememberedPush[]>

  /** Take all counts back to 0, as for series never seen in Redis: it is another one now. The outbox stays. */
  forgetCounts(): Promise<void>

  /**
   * Push to the copy and, in the same transaction, append to the outbox. A repeat is answered as a series store does
   * and not appended.
   * @throws {MillraceError} as {@link SeriesStore.push}
   */
  pushWhileAway(push: AwayPush): Promise<PushedValue>

  /**
   * The pushes at the front of the outbox, oldest first, at most `limit`.
   * @param seriesId only those of this series; undefined takes all
   */
  outbox(limit: number, seriesId?: string): Promise<OutboxPush[]>

  /** Take pushes that are in Redis now, or were refused there, out of the outbox; those not in it are passed over. */
  settle(pushes: readonly SettledPush[]): Promise<void>

  /** How many pushes wait in the outbox. */
  outboxSize(): Promise<number>
}

/** What {@link SeriesStore.list} says of one series. */
export interface SeriesSummary {
  seriesId: string
  /** How many values are stored, at least 1. */
  length: number
  /** The value pushed last. */
  latestValue: number
}

/** A value to be put in front of a series. */
export interface SeriesPush {
  seriesId: string
  value: number
  /** Integer >= 1, how many values the series holds afterwards at most. It may differ from call to call. */
  keep: number
  /** What a repeat of the same push is known by, any text. */
  observationId?: string | undefined
}

/** What a push found. */
export interface PushedValue {
  /** The values before this push, newest first, at most `keep`; none for a new series. */
  earlier: number[]
  /** True when this observation id was pushed before; `earlier` is then what that push found, and nothing was stored. */
  isRepeat: boolean
  /** Where the value is kept: `redis`, `sqlite` or `memory`. */
  storage: string
}

/**
 * Keeps the latest values of every series, newest first.
 *
 * Every implementation guarantees:
 * - A series id is any text: the empty one, `__proto__`, NUL characters, emoji, lone surrogates. Two ids are the same
 *   series only when they are equal strings.
 * - A value comes back bit for bit, -0 and subnormal numbers included. Which values make sense is the caller's check.
 * - A push happens as a whole or not at all, and all pushes to one series happen one after the other, whoever makes
 *   them: no two of them ever return the same state. Series do not influence each other.
 * - Arrays handed out are copies.
 */
export interface SeriesStore {
  /**
   * In one atomic step: read the values as they are, then put `value` in front and cut the series to `keep`. A smaller
   * `keep` than before forgets the oldest values, a larger one lets the series grow.
   *
   * A push with an `observationId` that is among the latest ids of the series (how many are remembered is set when the
   * store is made) stores nothing and returns what the first one returned.
   * @throws {MillraceError} MILL_OPTION_INVALID, MILL_OVERLOADED, or MILL_ID_CONFLICT when the id was pushed with another
   *   value, all with nothing stored; MILL_STORE_FAILED, after which nothing is stored unless the store was lost while
   *   it stored: repeating the push with its id finds out
   */
  push(push: SeriesPush): Promise<PushedValue>

  /** @returns the stored values, newest first; undefined for a series that was never pushed to */
  read(seriesId: string): Promise<number[] | undefined>

  /**
   * The most recently changed series first. At most `limit` of them.
   * @param limit integer >= 1
   */
  list(limit: number): Promise<SeriesSummary[]>
}

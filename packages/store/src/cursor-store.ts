/** Where an item stands in a stream. */
export interface StreamItem {
  /** Counted from 0. */
  index: number
  /** How many times the stream had been reset before; the same index in another round is another item. */
  round: number
}

/**
 * Keeps how far each finite stream has been handed out. The name of a stream is any text.
 *
 * Every implementation guarantees that of all callers that advance one stream, whatever process they are in, no two
 * receive the same index in a round, and that no index is left out.
 */
export interface CursorStore {
  /** The item that comes next, whether or not the stream has that many; index 0 of round 0 for an unknown stream. */
  position(stream: string): Promise<StreamItem>

  /**
   * In one atomic step: take the next item and move on.
   * @param total integer >= 0, how many items the stream has now
   * @returns the item handed out; undefined, with nothing changed, once all `total` have been
   * @throws {MillraceError} MILL_OPTION_INVALID, or MILL_STORE_FAILED with nothing changed
   */
  advance(stream: string, total: number): Promise<StreamItem | undefined>

  /**
   * In one atomic step: move on past `item` if the stream stands there; otherwise, as when it was done before, do
   * nothing. For those who look at an item first and move on once they are done with it.
   * @returns whether the stream moved
   */
  commit(stream: string, item: StreamItem): Promise<boolean>

  /** Start the stream again from 0, in a new round. */
  reset(stream: string): Promise<void>
}

/**
 * Keeps how far each finite stream has been handed out. The name of a stream is any text.
 *
 * Every implementation guarantees that of all callers that advance one stream, whatever process they are in, no two
 * receive the same index, and that no index is left out.
 */
export interface CursorStore {
  /** How many items of the stream have been handed out; 0 for an unknown stream. */
  position(stream: string): Promise<number>

  /**
   * In one atomic step: take the next index and move on.
   * @param total integer >= 0, how many items the stream has now
   * @returns the index handed out, counted from 0; undefined, with nothing changed, once `position >= total`
   * @throws {MillraceError} MILL_OPTION_INVALID, or MILL_STORE_FAILED with nothing changed
   */
  advance(stream: string, total: number): Promise<number | undefined>

  /** Start the stream again from 0. */
  reset(stream: string): Promise<void>
}

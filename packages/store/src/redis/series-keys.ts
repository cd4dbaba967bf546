import { toWire } from './wire-text.ts'

/**
 * The keys of a series. `values` is a contract with other programs: a list of decimal numbers, newest first. The rest is
 * ours: `meta`, a hash with `count` (pushes so far), `ids` (how many ids are remembered) and for each writer
 * `w:{writer}` (number of its last push, and the count then); `ids`, a hash from observation id to what was pushed and
 * found; `order`, a list of these ids, oldest first.
 */
export function seriesKeys(seriesId: string): (string | Buffer)[] {
  return [...['values', 'meta', 'ids', 'order'].map(part => toWire(`series:${seriesId}:${part}`)), recentKey]
}

/** A sorted set of the ids of the series that changed last; the larger the score, the later. */
export const recentKey = 'series:recent'

/** How many series {@link recentKey} knows. */
export const recentSeries = 10_000

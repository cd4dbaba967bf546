import { setImmediate as nextTurn } from 'node:timers/promises'

/** Items that are worked on at the same time. */
const mostAtOnce = 8
/** Milliseconds of work after which others have their turn. */
const turnMs = 1

/**
 * What `run` makes of each item, in the order of the items. Works on a few at a time and lets the event loop turn in
 * between, so that a list of thousands holds up nobody's requests.
 */
export async function mapGently<T, R>(items: readonly T[], run: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let since = performance.now()
  for (let index = 0; index < items.length; index += mostAtOnce) {
    results.push(...(await Promise.all(items.slice(index, index + mostAtOnce).map(run))))
    if (performance.now() - since < turnMs) continue
    await nextTurn()
    since = performance.now()
  }
  return results
}

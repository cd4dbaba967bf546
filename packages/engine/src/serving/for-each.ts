import { setImmediate } from 'node:timers/promises'

/** Do `work` for every item, in their order, for at most `limit` at the same time. Fails with the first that fails. */
export async function forEachLimited<Item>(
  items: readonly Item[],
  limit: number,
  work: (item: Item) => Promise<void>
): Promise<void> {
  const iterator = items.values()
  const worker = async (): Promise<void> => {
    for (const item of iterator) await work(item)
  }
  await Promise.all(Array.from({ length: limit }, worker))
}

/** How long work may keep the thread from everything else, in milliseconds. */
const longestTurnMs = 4

/** Do `work` for every item, in their order, and let others have their turn now and then. */
export async function forEachInTurns<Item>(items: Iterable<Item>, work: (item: Item) => void): Promise<void> {
  let beganAt = performance.now()
  for (const item of items) {
    work(item)
    if (performance.now() - beganAt < longestTurnMs) continue
    await setImmediate()
    beganAt = performance.now()
  }
}

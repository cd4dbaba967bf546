/** Runs what it is given, at most so many at once, the others after them in order. */
export type Limiter = <T>(run: () => Promise<T>) => Promise<T>

/** @param most how many run at the same time, at least 1 */
export function atMost(most: number): Limiter {
  const waiting: (() => void)[] = []
  let running = 0
  return async run => {
    if (running < most) running += 1
    else await new Promise<void>(resolve => waiting.push(resolve))
    try {
      return await run()
    } finally {
      // Whoever waits takes over the place.
      const next = waiting.shift()
      if (next === undefined) running -= 1
      else next()
    }
  }
}

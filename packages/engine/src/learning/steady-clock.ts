/** Where time comes from. */
export interface TimeSources {
  /** Milliseconds since 1970; may be set forward or back while the program runs. */
  wall: () => number
  /** Milliseconds since any moment; never goes back. */
  monotonic: () => number
}

/**
 * Milliseconds since 1970 that never go back: the wall clock as it was when this was made, and the time that has passed
 * since. A wall clock that is set while the program runs has no effect until the next start.
 */
export function steadyClock({ wall, monotonic }: TimeSources = systemTime): () => number {
  const offset = wall() - monotonic()
  return () => offset + monotonic()
}

const systemTime: TimeSources = { wall: Date.now, monotonic: () => performance.now() }

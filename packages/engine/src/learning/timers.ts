/** Call `work` once, `delayMs` from now. @returns what calls it off. Does not keep the process alive. */
export type After = (delayMs: number, work: () => void) => () => void

/** Timers of the system. */
export const after: After = (delayMs, work) => {
  const timer = setTimeout(work, delayMs).unref()
  return () => clearTimeout(timer)
}

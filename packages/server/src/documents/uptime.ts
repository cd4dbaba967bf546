/** Seconds since the service began, to the hundredth. */
export type Uptime = () => number

/** Begins now. @param monotonicNow milliseconds that never go back */
export function startUptime(monotonicNow: () => number = () => performance.now()): Uptime {
  const startedAt = monotonicNow()
  return () => Math.round((monotonicNow() - startedAt) / 10) / 100
}

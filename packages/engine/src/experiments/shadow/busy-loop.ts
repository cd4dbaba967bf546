import { type EventLoopUtilization, performance } from 'node:perf_hooks'

/** Milliseconds between two looks. */
const betweenLooksMs = 500

/** Share of time that the thread is at work beyond which nothing is added that can be left out. */
const busyShare = 0.85

/**
 * Tells whether the thread has next to no time left, by the share of the last half second that its event loop was at work.
 * Costs a comparison, and a microsecond twice a second.
 */
export function busyLoop(
  now: () => number = () => performance.now(),
  utilization: (since?: EventLoopUtilization) => EventLoopUtilization = since => performance.eventLoopUtilization(since)
): () => boolean {
  let before: EventLoopUtilization | undefined
  let lookAgainAt = 0
  let isBusy = false
  return () => {
    const at = now()
    if (at < lookAgainAt) return isBusy
    lookAgainAt = at + betweenLooksMs
    isBusy = before !== undefined && sinceOf(utilization, before) > busyShare
    before = utilization()
    return isBusy
  }
}

function sinceOf(
  utilization: (since?: EventLoopUtilization) => EventLoopUtilization,
  before: EventLoopUtilization
): number {
  return utilization(before).utilization
}

import { createProgressBar, type ProgressOutput } from '../terminal/progress-bar.ts'

/** Shows on a terminal how far a replay is. */
export interface ReplayProgress {
  update(rows: number): void
  /** Take the bar away. */
  clear(): void
  elapsedMs(): number
}

/** The share shown while the last rows of a file longer than estimated go through. */
const almostAll = 0.99

/** @param options without a `terminal` nothing is shown, and `total` not asked for: about how many rows, or Infinity */
export async function createReplayProgress({
  total: totalOf,
  terminal,
  now
}: {
  total: () => Promise<number> | number
  terminal: ProgressOutput | undefined
  now: () => number
}): Promise<ReplayProgress> {
  const startedAt = now()
  const elapsedMs = (): number => now() - startedAt
  if (terminal === undefined) return { update: () => undefined, clear: () => undefined, elapsedMs }
  const total = await totalOf()
  const bar = createProgressBar(terminal)
  return {
    update(rows) {
      const fraction = total === Infinity ? undefined : Math.min(almostAll, rows / total)
      bar.update({ rows, fraction, elapsedMs: elapsedMs() })
    },
    clear: () => bar.clear(),
    elapsedMs
  }
}

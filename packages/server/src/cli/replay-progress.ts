import { createProgressBar, type ProgressOutput } from '../terminal/progress-bar.ts'
import { estimateRows } from './estimate-rows.ts'

/** Shows on a terminal how far a replay is. */
export interface ReplayProgress {
  update(rows: number): void
  /** Take the bar away. */
  clear(): void
  elapsedMs(): number
}

/** The share shown while the last rows of a file longer than estimated go through. */
const almostAll = 0.99

/** @param options without a `terminal` nothing is shown */
export async function createReplayProgress({
  file,
  limit,
  terminal,
  now
}: {
  file: string
  limit: number
  terminal: ProgressOutput | undefined
  now: () => number
}): Promise<ReplayProgress> {
  const startedAt = now()
  const elapsedMs = (): number => now() - startedAt
  if (terminal === undefined) return { update: () => undefined, clear: () => undefined, elapsedMs }
  const estimate = await estimateRows(file)
  const total = estimate === undefined ? limit : Math.min(limit, estimate)
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

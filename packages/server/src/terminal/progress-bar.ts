import { formatCount, formatDuration } from './number-format.ts'

/** How far some work is. */
export interface Progress {
  rows: number
  /** From 0 to 1; undefined when nobody knows how much there is. */
  fraction: number | undefined
  elapsedMs: number
}

const widestBar = 30
const parts = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉']

/** One line that fits `width` characters: bar, share, rows, rows a second, time left. */
export function progressLine({ rows, fraction, elapsedMs }: Progress, width: number): string {
  const rate = elapsedMs > 0 ? (rows / elapsedMs) * 1000 : 0
  const facts = [`${formatCount(rows)} rows`, `${formatCount(rate)} rows/s`]
  if (fraction === undefined) return facts.join(' · ').slice(0, width)
  if (fraction > 0 && fraction < 1) facts.push(`${formatDuration((elapsedMs / fraction) * (1 - fraction))} left`)
  const text = ` ${String(Math.floor(fraction * 100)).padStart(3)} % · ${facts.join(' · ')}`
  // Two for the brackets.
  const barWidth = Math.min(widestBar, width - text.length - 2)
  return barWidth < 5 ? text.trim().slice(0, width) : `▕${bar(fraction, barWidth)}▏${text}`
}

function bar(fraction: number, width: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * width * 8)
  return ('█'.repeat(Math.floor(eighths / 8)) + parts[eighths % 8]!).padEnd(width)
}

/** Where a progress bar shows: a terminal. */
export interface ProgressOutput {
  write(text: string): unknown
  readonly columns?: number | undefined
}

/** A line of a terminal that is written over and over. */
export interface ProgressBar {
  /** Show where things stand; most calls come too soon after the last drawing and do nothing. */
  update(progress: Progress): void
  /** Take the line away. */
  clear(): void
}

/** @param redrawMs the least time between two drawings, by the progress's own clock */
export function createProgressBar(output: ProgressOutput, redrawMs = 100): ProgressBar {
  // The first drawing waits too: work that takes no time shows no bar.
  let drawnAt = 0
  let isShown = false
  return {
    update(progress) {
      if (progress.elapsedMs - drawnAt < redrawMs) return
      drawnAt = progress.elapsedMs
      isShown = true
      // One column stays free, since a terminal may wrap after its last one.
      output.write(`\r\u001b[2K${progressLine(progress, (output.columns ?? 80) - 1)}`)
    },
    clear() {
      if (isShown) output.write('\r\u001b[2K')
      isShown = false
    }
  }
}

import type { EventEmitter } from 'node:events'

/** The terminal as the live screen needs it: `process.stdout` is one. */
export interface Terminal extends Pick<EventEmitter, 'on' | 'off'> {
  write(text: string): unknown
  readonly columns?: number | undefined
  readonly rows?: number | undefined
}

/** How much a terminal shows. */
export interface TerminalSize {
  columns: number
  /** In lines. */
  rows: number
}

/** Lines at the lower end of a terminal that are drawn over and over in place. */
export interface LiveScreen {
  /** Draw anew; call after every change. */
  redraw(): void
  /** Write a line above the live lines; it stays and scrolls away like any output. */
  printAbove(line: string): void
  /** Draw for the last time, leave the lines standing and give the cursor back. */
  close(): void
}

const hideCursor = '\u001b[?25l'
const showCursor = '\u001b[?25h'
const clearToLineEnd = '\u001b[K'
const clearBelow = '\u001b[J'
const clearAll = '\u001b[2J\u001b[H'

/**
 * Takes over the lower end of a terminal. Draws again when the terminal changes its size.
 * @param lines what to show now: fewer lines than the terminal has, each narrower than it
 */
export function openLiveScreen(terminal: Terminal, lines: (size: TerminalSize) => readonly string[]): LiveScreen {
  /** How many lines above the cursor are ours. */
  let drawn = 0
  const frame = (above: readonly string[]): string => {
    const up = drawn === 0 ? '\r' : `\u001b[${drawn}A\r`
    const shown = lines({ columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 })
    drawn = shown.length
    return up + [...above, ...shown].map(line => `${line}${clearToLineEnd}\n`).join('') + clearBelow
  }
  const redraw = (): void => void terminal.write(frame([]))
  // A terminal may have wrapped the old lines anew, so nobody knows where they stand: begin on an empty screen.
  const resized = (): void => {
    drawn = 0
    terminal.write(clearAll + frame([]))
  }
  terminal.on('resize', resized)
  terminal.write(hideCursor + frame([]))
  return {
    redraw,
    printAbove: line => void terminal.write(frame(line.split('\n'))),
    close() {
      terminal.off('resize', resized)
      terminal.write(frame([]) + showCursor)
    }
  }
}

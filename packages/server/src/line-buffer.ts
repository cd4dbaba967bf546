import type { DestinationStream } from 'pino'

/** Bytes that one write may have without being mixed with those of other processes on the same pipe: PIPE_BUF of Linux. */
const mostBytes = 4096
/** Milliseconds after which a line is written at the latest. */
const longestWaitMs = 10

/** What {@link lineBuffer} is given. */
export interface LineBufferOptions {
  /** Where whole lines go. */
  write: (lines: string) => void
  /** Calls `work` once, after some milliseconds; must not keep the process alive. */
  after: (ms: number, work: () => void) => void
}

/**
 * Writes log lines several at a time: a system call for each costs more than making the line does. A line waits for at
 * most 10 ms; `flush` writes what waits now, which whoever ends the process has to call.
 */
export function lineBuffer({ write, after }: LineBufferOptions): DestinationStream & { flush: () => void } {
  let pending = ''
  let bytes = 0
  let isAwaited = false
  const flush = (): void => {
    const lines = pending
    pending = ''
    bytes = 0
    if (lines !== '') write(lines)
  }
  const flushLater = (): void => {
    isAwaited = true
    after(longestWaitMs, () => {
      isAwaited = false
      flush()
    })
  }
  return {
    flush,
    write(line) {
      const length = Buffer.byteLength(line)
      if (bytes + length > mostBytes) flush()
      pending += line
      bytes += length
      if (!isAwaited) flushLater()
    }
  }
}

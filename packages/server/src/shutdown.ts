import type { EventEmitter } from 'node:events'

/** How a program ends, and what tells it to. */
export interface ShutdownOptions {
  /** Where signals arrive: `process`. */
  signals: Pick<EventEmitter, 'on'>
  /** Finish what runs and close everything. */
  stop(signal: string): Promise<void>
  /** How long `stop`, and the end of the process after it, may take before it is ended hard. */
  timeoutMs: number
  /** End now, whatever runs. */
  exit(code: number): void
  /** Milliseconds that never go backwards. */
  now?: () => number
}

/** Under npm a Ctrl-C arrives twice, from the terminal and passed on by npm; nobody presses it twice that fast. */
const echoMs = 250

/**
 * Wait for SIGINT or SIGTERM, then stop. A second signal, or `stop` taking longer than `timeoutMs`, ends the program
 * hard with exit code 1.
 * @returns when `stop` is done; throws what `stop` throws
 */
export async function stopOnSignal(options: ShutdownOptions): Promise<void> {
  const { signals, timeoutMs, exit, now = () => performance.now() } = options
  const { promise: first, resolve } = Promise.withResolvers<string>()
  let firstAt: number | undefined
  const onSignal = (signal: string): void => {
    firstAt ??= now()
    resolve(signal)
    if (now() - firstAt > echoMs) exit(1)
  }
  // Never taken off again: an echo that comes late must not kill the process on its last steps.
  for (const name of ['SIGINT', 'SIGTERM']) signals.on(name, onSignal)
  const signal = await first
  const timer = setTimeout(() => exit(1), timeoutMs)
  try {
    await options.stop(signal)
  } finally {
    // From here on it only watches that nothing forgotten keeps the process alive.
    timer.unref()
  }
}

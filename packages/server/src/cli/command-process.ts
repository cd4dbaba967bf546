import type { Writable } from 'node:stream'
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { outputFailure } from './print.ts'

/** A standard stream, which may be a terminal. */
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number }

/** The passing of time, as a command needs it. */
export interface CommandClock {
  /** In milliseconds, with fractions. */
  now: () => number
  /** Resolves after `ms`, or as soon as the signal aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Lets the event loop handle what has come in: signals, above all. */
  turn: () => Promise<void>
}

/** What a command that takes its time needs of the process it runs in. */
export interface CommandProcess {
  stdout: OutputStream
  stderr: OutputStream
  clock: CommandClock
  /** Calls back when the user wants to stop; returns what ends the listening. */
  onInterrupt(listener: () => void): () => void
}

/** The process that this code runs in. */
export function thisProcess(): CommandProcess {
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    clock: {
      now: () => performance.now(),
      turn: () => nextTurn(),
      wait: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined)
    },
    onInterrupt(listener) {
      process.once('SIGINT', listener)
      return () => process.off('SIGINT', listener)
    }
  }
}

/** Why work ended early, as the reason of its signal: Ctrl-C. */
export const interrupted = Symbol('interrupted')
/** Why work ended early, as the reason of its signal: nobody reads what it prints. */
export const readerGone = Symbol('reader gone')
/** As shells have it: 128 and the number of SIGINT. */
export const interruptedExitCode = 130

/**
 * Do work that may end early: when the user presses Ctrl-C, and quietly when nobody reads what it prints any more.
 * @param work ends soon after its signal aborts, perhaps by throwing the signal's reason or an AbortError; returns the
 *   exit code of work that was done
 * @returns the exit code
 * @throws {MillraceError} MILL_OUTPUT_FAILED when the output cannot be written; what `work` throws
 */
export async function untilStopped(
  host: Pick<CommandProcess, 'stdout' | 'onInterrupt'>,
  work: (signal: AbortSignal) => Promise<number>
): Promise<number> {
  const stop = new AbortController()
  // Stays until the end of the process: a pipe may report late that nobody reads it.
  host.stdout.on('error', (error: Error) => stop.abort(outputFailure(error) ?? readerGone))
  const stopListening = host.onInterrupt(() => stop.abort(interrupted))
  try {
    const code = await work(stop.signal)
    if (!stop.signal.aborted) return code
  } catch (error) {
    if (!isStop(error, stop.signal)) throw error
  } finally {
    stopListening()
  }
  if (stop.signal.reason === readerGone) return 0
  if (stop.signal.reason === interrupted) return interruptedExitCode
  throw stop.signal.reason
}

/** Whether an error only says that the work was stopped. */
function isStop(error: unknown, { aborted, reason }: AbortSignal): boolean {
  return aborted && (error === reason || (error instanceof Error && error.name === 'AbortError'))
}

const longestTurnMs = 40
const valuesBetweenLooks = 16

/** How {@link inTurns} goes on. */
export interface TurnOptions {
  clock: Pick<CommandClock, 'now' | 'turn'>
  signal: AbortSignal
  onTurn?: () => Promise<void>
}

/**
 * What `values` gives, read as it is asked for, with turns of the event loop in between many times a second: a source
 * that never waits would keep Ctrl-C and broken pipes from being heard. Ends when `signal` aborts.
 * @param options `onTurn` is called before each turn
 */
export async function* inTurns<Value>(
  values: Iterable<Value>,
  { clock, signal, onTurn }: TurnOptions
): AsyncGenerator<Value, void, undefined> {
  let turnEndedAt = clock.now()
  let count = 0
  for (const value of values) {
    if (signal.aborted) return
    yield value
    count++
    if (count % valuesBetweenLooks === 0 && clock.now() - turnEndedAt > longestTurnMs) {
      await onTurn?.()
      await clock.turn()
      turnEndedAt = clock.now()
    }
  }
}

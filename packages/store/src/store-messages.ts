import type { PlainError } from './thread-errors.ts'

/** What the thread of the embedded store is started with. */
export interface ThreadOptions {
  /** Absolute path of `millrace.db`. */
  statePath: string
  /** Absolute path of `pending.db`. */
  pendingPath: string
  synchronous: 'FULL' | 'NORMAL'
  busyTimeoutMs: number
  idsRemembered: number
  pendingLimits: { ttlMs: number; limit: number }
  /** The time at the start, in milliseconds since 1970. */
  now: number
}

/** To the thread: calls, of each its number, the name of the operation and the arguments; or that it is to end. */
export type ToThread = readonly unknown[] | 'close'

/** From the thread. */
export type FromThread =
  | { opened: true }
  /** Nothing could be opened; the thread ends. */
  | { failed: PlainError }
  /** Numbers of calls, each followed by what it returned; and the same of those that threw. */
  | { results: unknown[]; errors: (number | PlainError)[] }

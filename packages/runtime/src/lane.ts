import type { AnswerOptions } from './answers.ts'
import type { Waiting } from './waiting.ts'

/** Runs the requests of one model on one kind of thread. */
export interface Lane {
  /** Requests that wait for the session. */
  readonly waiting: number
  /** Run a request as soon as the session is free, together with others that wait. */
  add(waiting: Waiting): void
  /** Give the session back. No request may wait or run. */
  close(): Promise<void>
}

/** What lanes of both kinds need to know. */
export interface LaneOptions extends AnswerOptions {
  /** Most rows of one run. */
  readonly maxRows: number
  /** Milliseconds that the first request of a batch waits for others. */
  readonly delayMs: number
}

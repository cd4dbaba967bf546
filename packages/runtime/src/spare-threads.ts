import { SessionThread, type StartThread } from './session-thread.ts'

/** Milliseconds that a thread without a session is kept for the next one. */
const idleMs = 10_000

/** Hands out threads for sessions, and keeps one that is no longer needed for a while: loads often come together. */
export class SpareThreads {
  readonly #start: StartThread
  #spare: { thread: SessionThread; timer: NodeJS.Timeout } | undefined

  constructor(start: StartThread) {
    this.#start = start
  }

  take(): SessionThread {
    const spare = this.#spare
    this.#spare = undefined
    clearTimeout(spare?.timer)
    return spare?.thread.isAlive ? spare.thread : new SessionThread(this.#start)
  }

  /** @param thread without a session */
  async giveBack(thread: SessionThread): Promise<void> {
    if (this.#spare !== undefined) return thread.end()
    this.#spare = { thread, timer: setTimeout(() => void this.close(), idleMs).unref() }
  }

  /** End the spare thread, if there is one. */
  async close(): Promise<void> {
    const spare = this.#spare
    this.#spare = undefined
    clearTimeout(spare?.timer)
    await spare?.thread.end()
  }
}

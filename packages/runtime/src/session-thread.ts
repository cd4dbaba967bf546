import { Worker } from 'node:worker_threads'
import { MillraceError } from '@millrace/common'
import type { FromThread, OpenReport, OpenRequest, ThreadResult, ThreadRun, ToThread } from './thread-messages.ts'

/** Starts a thread that speaks as session-worker.ts does. */
export type StartThread = () => Worker

/** Some 15 MB and 40 ms. The heap is not limited: a text tensor beyond the limit would end the process, not the thread. */
export const startSessionThread: StartThread = () =>
  new Worker(new URL('./session-worker.ts', import.meta.url), {
    name: 'session',
    // Flags of the process may not fit a thread, as --input-type does not.
    execArgv: [],
    resourceLimits: { maxYoungGenerationSizeMb: 2 }
  })

interface Call {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/**
 * A thread that holds one session. One call at a time: the caller waits for the answer. When the thread ends, for
 * whatever reason, the call fails and so does every later one. Keeps the process alive only while a call is answered.
 */
export class SessionThread {
  readonly #worker: Worker
  #call: Call | undefined
  #endedBecause: Error | undefined

  constructor(start: StartThread) {
    this.#worker = start()
    this.#worker.unref()
    this.#worker
      .on('message', (message: FromThread) => this.#answered(message))
      .on('error', error => this.#ended(error instanceof Error ? error : new Error(String(error))))
      .on('exit', () => this.#ended(new Error('the thread of the session ended')))
  }

  /** Whether it can still be called. */
  get isAlive(): boolean {
    return this.#endedBecause === undefined
  }

  /** Make a session. @throws {Error} or {@link MillraceError} MILL_MODEL_INVALID; the thread can be used for another */
  open(open: OpenRequest): Promise<OpenReport> {
    return this.#send({ kind: 'open', open }) as Promise<OpenReport>
  }

  /** @param transfer buffers of the inputs, which are gone here afterwards. @throws {Error} of the native library */
  run(run: ThreadRun, transfer: readonly ArrayBuffer[]): Promise<ThreadResult> {
    return this.#send({ kind: 'run', run }, transfer) as Promise<ThreadResult>
  }

  /** Give the session back; the thread can be used for another. */
  async closeSession(): Promise<void> {
    await this.#send({ kind: 'close' })
  }

  /**
   * End the thread, and with it all it held. Only while no call is answered: a thread that is ended during a run of the
   * native library takes the process with it.
   */
  async end(): Promise<void> {
    await this.#worker.terminate()
  }

  #send(message: ToThread, transfer: readonly ArrayBuffer[] = []): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#endedBecause !== undefined) return reject(this.#endedBecause)
      this.#call = { resolve, reject }
      this.#worker.ref()
      this.#worker.postMessage(message, transfer)
    })
  }

  #answered(message: FromThread): void {
    const call = this.#call
    this.#call = undefined
    this.#worker.unref()
    if (message.isDone) call?.resolve(message.value)
    else
      call?.reject(
        message.code === undefined ? new Error(message.message) : new MillraceError(message.code, message.message)
      )
  }

  #ended(reason: Error): void {
    this.#endedBecause ??= reason
    this.#call?.reject(this.#endedBecause)
    this.#call = undefined
  }
}

import { Worker } from 'node:worker_threads'
import { MillraceError } from '@millrace/common'
import { storeFailed } from './database-errors.ts'
import type { FromThread, ThreadOptions, ToThread } from './store-messages.ts'
import type { PendingOperations, StateOperations } from './store-operations.ts'
import { fromPlainError, type PlainError } from './thread-errors.ts'

type Operations = StateOperations & PendingOperations
/** What the thread can be asked. */
export type OperationName = keyof Operations
type Arguments<Name extends OperationName> = Parameters<Operations[Name]['run']>
type Result<Name extends OperationName> = ReturnType<Operations[Name]['run']>

interface Waiter {
  resolve(result: unknown): void
  reject(error: unknown): void
}

/** How long after a thread could not open its databases the next one is tried, in milliseconds. */
const reopenPauseMs = 1000

/**
 * This side of the thread in which the embedded store lives. Calls of one turn of the event loop go there in one
 * message; a call costs this thread a few microseconds and never waits for disk or locks.
 *
 * A thread that ends unexpectedly fails the calls that wait, of which some may have been carried out, and is started
 * again by the next call. It keeps the process alive only while calls wait.
 */
export class StoreThread {
  readonly #options: () => ThreadOptions
  readonly #waitingLimit: number
  readonly #waiting = new Map<number, Waiter>()
  #worker: Worker | undefined
  #opening: Waiter | undefined
  #batch: unknown[] = []
  #calls = 0
  #failure: { error: unknown; until: number } | undefined
  #closed: Promise<void> | undefined

  /**
   * @param options asked at every start of the thread
   * @param waitingLimit integer >= 1, how many calls may wait
   */
  constructor(options: () => ThreadOptions, waitingLimit: number) {
    this.#options = options
    this.#waitingLimit = waitingLimit
  }

  /** How many calls wait for their answers. */
  get waiting(): number {
    return this.#waiting.size
  }

  /** Start the thread. @throws {MillraceError} MILL_STORE_FAILED when it cannot open its databases */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#opening = { resolve: () => resolve(), reject }
      this.#worker = this.#start()
    })
  }

  /** @throws {MillraceError} what the operation throws, MILL_OVERLOADED, or MILL_STORE_FAILED */
  call<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    return new Promise((resolve, reject) => {
      const refusal = this.#refusal()
      if (refusal !== undefined) return reject(refusal)
      const call = ++this.#calls
      this.#waiting.set(call, { resolve, reject })
      if (this.#batch.push(call, name, args) === 3) setImmediate(() => this.#send())
    })
  }

  /** Let the calls that wait be answered, then end the thread. Later calls fail. Closing again does nothing. */
  close(): Promise<void> {
    this.#closed ??= this.#end()
    return this.#closed
  }

  async #end(): Promise<void> {
    this.#send()
    const worker = this.#worker
    if (worker === undefined) return
    worker.ref()
    post(worker, 'close')
    await new Promise(resolve => worker.once('exit', resolve))
  }

  #refusal(): unknown {
    if (this.#closed !== undefined) return storeFailed(this.#options().statePath, 'is closed; open it again')
    if (this.#waiting.size >= this.#waitingLimit) return overloaded(this.#waitingLimit)
    if (this.#failure !== undefined && performance.now() < this.#failure.until) return this.#failure.error
    return undefined
  }

  #send(): void {
    const calls = this.#batch
    if (calls.length === 0) return
    this.#batch = []
    this.#worker ??= this.#start()
    this.#worker.ref()
    post(this.#worker, calls)
  }

  #start(): Worker {
    const options = this.#options()
    const worker = new Worker(new URL('./store-worker.ts', import.meta.url), {
      name: 'store',
      workerData: options,
      // Flags of the process may not fit a thread, as --input-type does not.
      execArgv: []
    })
    let cause: unknown
    worker.on('message', (message: FromThread) => this.#receive(worker, message))
    worker.on('error', error => (cause = error))
    worker.on('exit', () => {
      this.#lost(worker, storeFailed(options.statePath, 'lost the thread that works on it; try again', cause))
    })
    return worker
  }

  #receive(worker: Worker, message: FromThread): void {
    if ('failed' in message) {
      const error = fromPlainError(message.failed)
      this.#failure = { error, until: performance.now() + reopenPauseMs }
      return this.#lost(worker, error)
    }
    if ('opened' in message) this.#hasOpened()
    else this.#settle(message.results, message.errors)
    if (this.#waiting.size === 0 && this.#closed === undefined) worker.unref()
  }

  #hasOpened(): void {
    this.#failure = undefined
    this.#opening?.resolve(undefined)
    this.#opening = undefined
  }

  #settle(results: readonly unknown[], errors: readonly (number | PlainError)[]): void {
    for (let index = 0; index < results.length; index += 2) {
      this.#taken(results[index] as number)?.resolve(results[index + 1])
    }
    for (let index = 0; index < errors.length; index += 2) {
      this.#taken(errors[index] as number)?.reject(fromPlainError(errors[index + 1] as PlainError))
    }
  }

  #taken(call: number): Waiter | undefined {
    const waiter = this.#waiting.get(call)
    this.#waiting.delete(call)
    return waiter
  }

  /** Nothing more comes from this worker. */
  #lost(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = undefined
    this.#batch = []
    this.#opening?.reject(error)
    this.#opening = undefined
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function post(worker: Worker, message: ToThread): void {
  worker.postMessage(message, [])
}

function overloaded(limit: number): MillraceError {
  return new MillraceError('MILL_OVERLOADED', `${limit} calls wait for the store already; try again in a moment`)
}

import { answerAll, deadlineError, runError } from './answers.ts'
import { sliceOf } from './array-types.ts'
import { joinRows } from './batch-rows.ts'
import { DueTimer } from './due-timer.ts'
import type { Lane, LaneOptions } from './lane.ts'
import type { SessionThread } from './session-thread.ts'
import type { SpareThreads } from './spare-threads.ts'
import type { Tensor } from './tensor.ts'
import type { OpenRequest } from './thread-messages.ts'
import { fail, type Waiting } from './waiting.ts'
import { WaitingQueue } from './waiting-queue.ts'

/** A thread with a session, and what it does. */
interface Slot {
  thread: SessionThread
  /** What runs; empty while the thread is free. */
  batch: readonly Waiting[]
  /** Resolved while the thread is free. */
  work: Promise<void>
  isBusy: boolean
}

/** How a lane gets threads. */
export interface ThreadLaneOptions extends LaneOptions {
  /** Threads with the session open. */
  readonly threads: readonly SessionThread[]
  /** How to open the session again, from the very same file, when a thread has ended. */
  readonly reopen: OpenRequest
  readonly spares: SpareThreads
}

/**
 * Runs requests on threads of their own: whenever one is free it takes all that wait and fit together. A thread that
 * ends fails what it ran, and is replaced.
 */
export class ThreadLane implements Lane {
  readonly #options: ThreadLaneOptions
  readonly #slots: readonly Slot[]
  readonly #queue = new WaitingQueue()
  readonly #due = new DueTimer(() => this.#failOverdue())
  #timer: NodeJS.Timeout | undefined

  constructor(options: ThreadLaneOptions) {
    this.#options = options
    this.#slots = options.threads.map(thread => ({ thread, batch: [], work: Promise.resolve(), isBusy: false }))
  }

  get waiting(): number {
    return this.#queue.size
  }

  add(waiting: Waiting): void {
    this.#queue.push(waiting)
    this.#due.watch(waiting.deadline)
    this.#pump()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#due.close()
    await Promise.all(this.#slots.map(slot => this.#closeSlot(slot)))
  }

  async #closeSlot(slot: Slot): Promise<void> {
    await slot.work
    if (slot.thread.isAlive) await slot.thread.closeSession()
    await slot.thread.end()
  }

  #pump(): void {
    for (const slot of this.#slots) {
      if (this.#queue.size === 0 || this.#isHeld()) return
      if (!slot.isBusy) slot.work = this.#work(slot)
    }
  }

  /** Whether the first request shall wait for others a little longer. */
  #isHeld(): boolean {
    const { delayMs, maxRows } = this.#options
    if (delayMs === 0 || this.#queue.rows() >= maxRows) return false
    const leftMs = this.#queue.oldestArrival() + delayMs - performance.now()
    if (leftMs <= 0) return false
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#pump(), leftMs)
    return true
  }

  async #work(slot: Slot): Promise<void> {
    slot.isBusy = true
    if (slot.thread.isAlive || (await this.#replace(slot))) await this.#serve(slot)
    slot.isBusy = false
    this.#pump()
  }

  async #serve(slot: Slot): Promise<void> {
    const startedAt = performance.now()
    this.#failOverdue()
    slot.batch = this.#queue.take(this.#options.maxRows)
    if (slot.batch.length > 0) await this.#run(slot.thread, slot.batch, startedAt)
    slot.batch = []
  }

  async #run(thread: SessionThread, batch: readonly Waiting[], startedAt: number): Promise<void> {
    try {
      const inputs = joined(batch)
      const inputNs = (performance.now() - startedAt) * 1e6
      const { outputs, inferNs } = await thread.run({ inputs, wanted: batch[0]!.wanted }, buffersOf(inputs))
      answerAll({ batch, outputs, startedAt, inputNs, inferNs }, this.#options)
    } catch (error) {
      this.#failed(batch, error, thread.isAlive)
    }
  }

  /** Run each of a failed batch alone, so that only those fail that make it fail; but not what may have ended the thread. */
  #failed(batch: readonly Waiting[], error: unknown, mayRetry: boolean): void {
    if (batch.length === 1 || !mayRetry) {
      for (const waiting of batch) fail(waiting, runError(this.#options.label, error))
      return
    }
    for (const waiting of batch) waiting.isAlone = true
    this.#queue.unshift(batch.filter(({ isSettled }) => !isSettled))
  }

  /** @returns whether the slot has a thread again; without one, what waits fails, and the next request tries again */
  async #replace(slot: Slot): Promise<boolean> {
    const { spares, reopen, label } = this.#options
    slot.thread = spares.take()
    try {
      await slot.thread.open(reopen)
      return true
    } catch (error) {
      await slot.thread.end()
      for (const waiting of this.#queue.takeAll()) fail(waiting, runError(label, error))
      return false
    }
  }

  /** @returns the next deadline of a request that waits or runs */
  #failOverdue(): number {
    const now = performance.now()
    const running = this.#slots.flatMap(({ batch }) => batch).filter(({ isSettled }) => !isSettled)
    const overdue = [...this.#queue.takeOverdue(now), ...running.filter(({ deadline }) => deadline < now)]
    for (const waiting of overdue) fail(waiting, deadlineError(this.#options.label))
    const deadlines = running.map(({ deadline }) => deadline).filter(deadline => deadline >= now)
    return Math.min(this.#queue.nextDeadline(), ...deadlines)
  }
}

/** Inputs in arrays of their own, which can be handed to another thread: the caller goes on with his. */
function joined(batch: readonly Waiting[]): readonly Tensor[] {
  const { inputs } = batch[0]!
  if (batch.length > 1) return inputs.map((_, index) => joinRows(batch.map(waiting => waiting.inputs[index]!)))
  return inputs.map(({ datatype, shape, data }) => ({ datatype, shape, data: sliceOf(data, 0, data.length) }))
}

const buffersOf = (tensors: readonly Tensor[]): ArrayBuffer[] =>
  tensors.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : []))

import { answerAll, deadlineError, runError } from './answers.ts'
import { joinRows } from './batch-rows.ts'
import type { InlineTurns, TurnTaker } from './inline-turns.ts'
import type { Lane, LaneOptions } from './lane.ts'
import type { Session } from './ort-session.ts'
import type { Tensor } from './tensor.ts'
import { fail, type Waiting } from './waiting.ts'
import { WaitingQueue } from './waiting-queue.ts'

/** What a lane on the calling thread needs to know. */
export interface InlineLaneOptions extends LaneOptions {
  readonly session: Session
  readonly turns: InlineTurns
  /** Hears how long each run of the session took, in milliseconds. */
  ran?(ms: number): void
}

/** Runs requests on the calling thread: those of one turn of the event loop together, at its end. */
export class InlineLane implements Lane, TurnTaker {
  readonly #options: InlineLaneOptions
  readonly #queue = new WaitingQueue()
  #timer: NodeJS.Timeout | undefined

  constructor(options: InlineLaneOptions) {
    this.#options = options
  }

  get waiting(): number {
    return this.#queue.size
  }

  add(waiting: Waiting): void {
    this.#queue.push(waiting)
    const { delayMs, maxRows, turns } = this.#options
    if (delayMs === 0 || this.#queue.rows() >= maxRows) turns.request(this)
    else this.#timer ??= setTimeout(() => this.#delayIsOver(), delayMs)
  }

  takeTurn(): boolean {
    const now = performance.now()
    for (const overdue of this.#queue.takeOverdue(now)) fail(overdue, deadlineError(this.#options.label))
    const batch = this.#queue.take(this.#options.maxRows)
    if (batch.length > 0) this.#run(batch, now)
    return this.#queue.size > 0
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#options.session.dispose()
  }

  #delayIsOver(): void {
    this.#timer = undefined
    this.#options.turns.request(this)
  }

  #run(batch: readonly Waiting[], startedAt: number): void {
    try {
      const inputs = joined(batch)
      const joinedAt = performance.now()
      const outputs = this.#options.session.run(inputs, batch[0]!.wanted)
      const inferMs = performance.now() - joinedAt
      const [inputNs, inferNs] = [(joinedAt - startedAt) * 1e6, inferMs * 1e6]
      answerAll({ batch, outputs, startedAt, inputNs, inferNs }, this.#options)
      this.#options.ran?.(inferMs)
    } catch (error) {
      this.#failed(batch, error)
    }
  }

  /** Run each of a failed batch alone, so that only those fail that make it fail. */
  #failed(batch: readonly Waiting[], error: unknown): void {
    if (batch.length === 1) return fail(batch[0]!, runError(this.#options.label, error))
    for (const waiting of batch) waiting.isAlone = true
    this.#queue.unshift(batch)
  }
}

/** A request that runs alone lends its own arrays: the session reads them before anyone else can write. */
function joined(batch: readonly Waiting[]): readonly Tensor[] {
  const { inputs } = batch[0]!
  if (batch.length === 1) return inputs
  return inputs.map((_, index) => joinRows(batch.map(waiting => waiting.inputs[index]!)))
}

import type { Lane } from './lane.ts'
import type { Tensor } from './tensor.ts'
import type { Waiting } from './waiting.ts'
import type { RunCost } from './warm-up.ts'

/** What a lane of two kinds is made of. */
export interface HybridLaneOptions {
  readonly cost: RunCost
  /** Milliseconds that a run may hold the calling thread. */
  readonly limitMs: number
  /** @param ran hears how long each run took, in milliseconds */
  openInline(ran: (ms: number) => void): Lane
  openThread(): Promise<Lane>
}

/** Runs in a row that may take longer than they should: one alone may be the machine's fault. */
const forgivenRuns = 2

/**
 * For a model whose runs are short as a rule: they happen on the calling thread, but a request with so many elements
 * that it would hold that thread too long gets a session in a thread of its own, made for the first such request. When
 * runs turn out long for other reasons, as those of a loop may be, all go there.
 */
export class HybridLane implements Lane {
  readonly #options: HybridLaneOptions
  readonly #inline: Lane
  #thread: Promise<Lane> | undefined
  #openThread: Lane | undefined
  #hasNoThread = false
  #waitingForThread = 0
  #longRuns = 0

  constructor(options: HybridLaneOptions) {
    this.#options = options
    this.#inline = options.openInline(ms => this.#ran(ms))
  }

  get waiting(): number {
    return this.#inline.waiting + this.#waitingForThread + (this.#openThread?.waiting ?? 0)
  }

  add(waiting: Waiting): void {
    const isLong = this.#longRuns > forgivenRuns || this.#estimatedMs(waiting) > this.#options.limitMs
    if (!isLong || this.#hasNoThread) this.#inline.add(waiting)
    else if (this.#openThread !== undefined) this.#openThread.add(waiting)
    else void this.#addToNewThread(waiting)
  }

  async close(): Promise<void> {
    await this.#inline.close()
    await this.#openThread?.close()
  }

  /** A thread that cannot be had, because the file is gone, is no reason to fail. */
  async #addToNewThread(waiting: Waiting): Promise<void> {
    this.#waitingForThread += 1
    this.#thread ??= this.#options.openThread()
    try {
      this.#openThread = await this.#thread
    } catch {
      this.#hasNoThread = true
    }
    this.#waitingForThread -= 1
    const lane = this.#openThread ?? this.#inline
    lane.add(waiting)
  }

  #estimatedMs({ inputs }: Waiting): number {
    const { rowUs, nextRowUs, rowElements } = this.#options.cost
    const rows = elementsOf(inputs) / Math.max(1, rowElements)
    return (rowUs + nextRowUs * (rows - 1)) / 1000
  }

  #ran(ms: number): void {
    if (this.#longRuns > forgivenRuns) return
    this.#longRuns = ms > this.#options.limitMs ? this.#longRuns + 1 : 0
  }
}

function elementsOf(inputs: readonly Tensor[]): number {
  let elements = 0
  for (const { data } of inputs) elements += data.length
  return elements
}

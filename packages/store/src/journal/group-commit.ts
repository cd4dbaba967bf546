import { MillraceError, optionError } from '@millrace/common'
import type { Durability } from '../durability.ts'
import { FrameBatch, sizeOf } from './frame-batch.ts'
import { failedWriting } from './journal-errors.ts'
import type { AppendListener, JournalWriter } from './journal.ts'
import type { Lease } from './lease.ts'
import type { SegmentOutput } from './segment-output.ts'

/** A batch that has grown to this size is followed by another. */
const batchBytes = 4 * 2 ** 20
/** Larger buffers are not kept for the next batch. */
const largestSpareBytes = 2 * batchBytes
/** How long appends that are committed already wait before another attempt to write them. */
const retryMs = 500

/** What a group commit works with. */
export interface GroupCommitOptions {
  /** Of the journal, for messages. */
  folder: string
  durability: Durability
  maxQueuedBytes: number
  /** Milliseconds since 1970. */
  now: () => number
  lease: Lease
  output: SegmentOutput
  /** The last record that is in the journal, and its time. */
  lastSequence: number
  lastTime: number
}

/**
 * The writer of a journal in files. One frame is under way at a time; what comes meanwhile waits together for the next.
 */
export class GroupCommit implements JournalWriter {
  readonly #options: GroupCommitOptions
  /** Batches that wait; the last one still takes appends. */
  readonly #queue: FrameBatch[] = []
  #queuedBytes = 0
  #underWay: FrameBatch | undefined
  #scheduled: NodeJS.Immediate | undefined
  #retry: NodeJS.Timeout | undefined
  #spare: Buffer | undefined
  /** The last record that is written, which the durability `none` runs ahead of. */
  #written: number
  #committed: number
  #lastTime: number
  #bytesWritten = 0
  #problem: unknown
  /** What every append fails with, for good. */
  #end: MillraceError | undefined
  #closing: Promise<void> | undefined
  /** Commits of the durability `none` that came while others were being told. */
  #untold: (() => void)[] | undefined

  constructor(options: GroupCommitOptions) {
    this.#options = options
    this.#written = options.lastSequence
    this.#committed = options.lastSequence
    this.#lastTime = options.lastTime
  }

  get lastSequence(): number {
    return this.#committed
  }

  get bytesWritten(): number {
    return this.#bytesWritten
  }

  get problem(): unknown {
    return this.#problem
  }

  append(payloads: readonly Uint8Array[], listener: AppendListener): void {
    const size = sizeOf(payloads)
    const refusal = this.#refusal(size)
    if (refusal !== undefined) return listener.failed(refusal)
    const batch = this.#batch()
    batch.add(payloads, size)
    this.#queuedBytes += size
    if (this.#options.durability === 'none') this.#commitAtOnce(batch, payloads.length, size, listener)
    else {
      batch.listeners.push(listener)
      batch.counts.push(payloads.length)
    }
    this.#schedule()
  }

  async flush(): Promise<void> {
    clearTimeout(this.#retry)
    this.#retry = undefined
    const last = this.#queue.at(-1) ?? this.#underWay
    if (last === undefined) return
    const written = new Promise<void>(resolve => last.waiting.push(resolve))
    this.#schedule()
    await written
  }

  close(): Promise<void> {
    this.#closing ??= this.#finish()
    return this.#closing
  }

  /** What keeps an append of `size` bytes from being taken. */
  #refusal(size: number): unknown {
    if (size === 0) return optionError('payloads', 'at least one record', 'none')
    if (this.#end !== undefined) return this.#end
    if (this.#closing !== undefined) return closed(this.#options.folder)
    const { maxQueuedBytes, durability } = this.#options
    if (this.#queuedBytes + size <= maxQueuedBytes) return undefined
    if (durability === 'none' && this.#problem !== undefined) return this.#problem
    return new MillraceError('MILL_OVERLOADED', `more than ${maxQueuedBytes} bytes wait to be written to the journal`, {
      details: { queuedBytes: this.#queuedBytes, maxQueuedBytes }
    })
  }

  /** The batch that takes the next append. */
  #batch(): FrameBatch {
    const last = this.#queue.at(-1)
    if (last !== undefined && last.size < batchBytes) return last
    // A clock that was set back must not show in the journal.
    this.#lastTime = Math.max(this.#lastTime, this.#options.now())
    const batch = new FrameBatch(this.#lastTime, this.#spare)
    this.#spare = undefined
    this.#queue.push(batch)
    return batch
  }

  #commitAtOnce(batch: FrameBatch, count: number, size: number, listener: AppendListener): void {
    const first = this.#committed + 1
    this.#committed += count
    this.#bytesWritten += size
    if (this.#untold !== undefined) {
      this.#untold.push(() => listener.committed(first, batch.time))
      return
    }
    // A listener may append: that must be told after it, not within.
    this.#untold = []
    listener.committed(first, batch.time)
    for (let tell = this.#untold.shift(); tell !== undefined; tell = this.#untold.shift()) tell()
    this.#untold = undefined
  }

  /** Begin a frame at the end of this turn of the event loop, so that all appends of the turn share it. */
  #schedule(): void {
    if (this.#underWay !== undefined || this.#scheduled !== undefined || this.#retry !== undefined) return
    this.#scheduled = setImmediate(() => {
      this.#scheduled = undefined
      this.#writeNext()
    })
  }

  #writeNext(): void {
    const batch = this.#queue.shift()
    if (batch === undefined) return
    this.#underWay = batch
    this.#options.output.write({ batch, first: this.#written + 1 }, error => {
      if (error === null) this.#commit(batch)
      else this.#fail(batch, error)
      for (const resolve of batch.waiting.splice(0)) resolve()
      // Not before: what listeners append goes into the next frame, which begins right here.
      this.#underWay = undefined
      if (this.#retry === undefined && this.#scheduled === undefined) this.#writeNext()
    })
  }

  #commit(batch: FrameBatch): void {
    const { listeners, counts, size } = batch
    let first = this.#written + 1
    this.#written += batch.count
    this.#queuedBytes -= size
    this.#problem = undefined
    if (batch.buffer.length <= largestSpareBytes) this.#spare = batch.buffer
    if (this.#options.durability === 'none') return
    this.#bytesWritten += size
    for (let index = 0; index < listeners.length; index++) {
      // Set for each, so that a listener sees the journal as it is after its own records.
      this.#committed = first + counts[index]! - 1
      listeners[index]!.committed(first, batch.time)
      first += counts[index]!
    }
  }

  #fail(batch: FrameBatch, error: Error): void {
    this.#problem = error instanceof MillraceError ? error : failedWriting(this.#options.folder, error)
    if (error instanceof MillraceError && error.code === 'MILL_WRITER_FENCED') return this.#retire(batch, error)
    if (this.#options.durability === 'none') return this.#keep(batch)
    this.#queuedBytes -= batch.size
    for (const listener of batch.listeners) listener.failed(this.#problem)
  }

  /** What is committed already stays until it can be written. */
  #keep(batch: FrameBatch): void {
    this.#queue.unshift(batch)
    for (const { waiting } of this.#queue) for (const resolve of waiting.splice(0)) resolve()
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#schedule()
    }, retryMs).unref()
  }

  /** Another is the writer now: nothing that waits will be acknowledged, nor anything that comes. */
  #retire(batch: FrameBatch, error: MillraceError): void {
    this.#end = error
    this.#queue.unshift(batch)
    this.#options.output.close(() => {})
    this.#options.lease.release()
    for (const { listeners, waiting } of this.#queue.splice(0)) {
      for (const listener of listeners) listener.failed(error)
      for (const resolve of waiting.splice(0)) resolve()
    }
  }

  async #finish(): Promise<void> {
    await this.flush()
    clearTimeout(this.#retry)
    const { lease, output } = this.#options
    if (this.#end === undefined) await this.#seal()
    await new Promise<void>(resolve => output.close(resolve))
    lease.release()
    if (this.#queue.length > 0) throw this.#problem
  }

  /** Mark the end, so that damage of the last frame cannot be mistaken for a frame that was never finished. */
  async #seal(): Promise<void> {
    const { output } = this.#options
    if (!output.isOpen || this.#queue.length > 0) return
    const seal = { batch: new FrameBatch(this.#lastTime), first: this.#written + 1 }
    // Without a seal the next writer takes more care; nothing is lost.
    await new Promise<void>(resolve => output.write(seal, () => resolve()))
  }
}

function closed(folder: string): MillraceError {
  return new MillraceError('MILL_STORE_FAILED', `journal ${folder} is closed`, { details: { path: folder } })
}

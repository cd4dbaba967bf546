import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { JournalReader, JournalWriter, OpenJournal } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import type { DiskRunner } from './disk-thread.ts'
import type { HashPair } from './outcome-fact.ts'
import { readRequests, requestRecord } from './request-codec.ts'
import { type KnownRequest, type KnownRequests, type RequestLimits, RequestWindow } from './request-window.ts'

/** Requests are written this often. */
const writeMs = 100
/** Requests that are written together at most: what came before there was a journal may be more. */
const mostTogether = 100_000
const nothing = { committed: () => undefined, failed: () => undefined }

/** What a request log works with. */
export interface RequestLogOptions {
  readonly limits: RequestLimits
  readonly now: () => number
  readonly log: LearnerLog
}

/** Where requests are kept beyond the end of the process. */
export interface RequestDisk {
  /** Opens the journal when the first request comes. */
  readonly open: () => Promise<OpenJournal>
  readonly folder: string
  readonly runner: DiskRunner
  /** Bytes that are kept on disk. */
  readonly retentionBytes: number
}

/** Where the requests of a slot are. */
export function requestFolder(slotFolder: string): string {
  return join(slotFolder, 'requests')
}

/**
 * The latest requests, and those that an earlier run of the process has written. They are a help for those who tell of
 * requests rather than of units; the last 100 ms of them may be lost.
 */
export class RequestLog implements KnownRequests {
  readonly window: RequestWindow
  readonly #options: RequestLogOptions
  /** How many of those in the window are written, or were passed over. */
  #written = 0
  #former: RequestWindow | undefined
  #disk: RequestDisk | undefined
  #opening: Promise<OpenJournal> | undefined
  #journal: JournalWriter | undefined
  #timer: NodeJS.Timeout | undefined
  #prunedAt = 0
  #pruning: Promise<void> | undefined

  constructor(options: RequestLogOptions) {
    this.#options = options
    this.window = new RequestWindow(options.limits)
  }

  get memoryBytes(): number {
    return this.window.memoryBytes + (this.#former?.memoryBytes ?? 0)
  }

  get size(): number {
    return this.window.size + (this.#former?.size ?? 0)
  }

  /** See RequestWindow. Called for every request. */
  add(request: HashPair, unit: HashPair, marks: number, value: number, time: number): void {
    this.window.add(request, unit, marks, value, time)
    this.#timer ??= setTimeout(() => void this.write(), writeMs).unref()
  }

  find(request: HashPair, now: number): KnownRequest | undefined {
    return this.window.find(request, now) ?? this.#former?.find(request, now)
  }

  /** Write requests from now on. */
  attach(disk: RequestDisk): void {
    this.#disk = disk
  }

  /** Read what an earlier run has written, a record a turn. What is damaged is passed over. */
  async load(reader: JournalReader): Promise<void> {
    const { limits, log } = this.#options
    const former = new RequestWindow(limits)
    this.#former = former
    let problem: unknown
    try {
      for (const { payload } of reader.records(reader.firstSequence())) {
        problem = takeOver(payload, former) ?? problem
        await nextTurn()
      }
    } catch (error) {
      problem = error
    }
    if (problem !== undefined) {
      log.warn({ err: problem }, 'requests of an earlier run cannot be read; outcomes of them will not be counted')
    }
    if (former.size === 0) this.#former = undefined
  }

  /** Write what is gathered. What cannot be written is lost. */
  async write(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    // What comes before there is a disk waits for it.
    if (this.#written === this.window.count || this.#disk === undefined) return
    const record = this.#takeRecord()
    const journal = this.#journal ?? (await this.#open(this.#disk))
    journal?.append([record], nothing)
    if (journal !== undefined) this.#prune(this.#disk, journal)
  }

  async flush(): Promise<void> {
    await this.write()
    await this.#journal?.flush()
  }

  async close(): Promise<void> {
    await this.write()
    await this.#pruning
    await this.#journal?.close()
  }

  /** What came since the last one. */
  #takeRecord(): Buffer {
    const { window } = this
    const pieces = window.last(Math.min(mostTogether, window.count - this.#written))
    this.#written = window.count
    return requestRecord(pieces, number => window.nameOf(number))
  }

  async #open(disk: RequestDisk): Promise<JournalWriter | undefined> {
    try {
      this.#opening ??= disk.open()
      this.#journal = (await this.#opening).writer
    } catch (error) {
      this.#options.log.warn({ err: error }, 'requests cannot be kept beyond the end of this process')
      this.#disk = undefined
    }
    return this.#journal
  }

  /** Remove what is too much, now and then. */
  #prune({ folder, runner, retentionBytes }: RequestDisk, journal: JournalWriter): void {
    if (journal.bytesWritten - this.#prunedAt < retentionBytes / 2 || this.#pruning !== undefined) return
    this.#prunedAt = journal.bytesWritten
    const sequence = journal.lastSequence
    // Only what a snapshot holds may go: an empty one says that nobody needs it.
    const job = { folder, sequence, time: this.#options.now(), pieces: [], retentionBytes, keepSnapshots: 1 }
    this.#pruning = journal
      .flush()
      .then(() => runner(job))
      .catch((error: unknown) => this.#options.log.warn({ err: error }, 'old requests could not be removed'))
      .finally(() => {
        this.#pruning = undefined
      })
  }
}

/** Take what a record holds over into a window. @returns why it cannot be read, from where on it is passed over */
function takeOver(record: Uint8Array, window: RequestWindow): unknown {
  try {
    readRequests(
      record,
      id => window.numberOf(id),
      ({ request, unit, marks, value, time }) => window.add(request, unit, marks, value, time)
    )
    return undefined
  } catch (error) {
    return error
  }
}

import { existsSync } from 'node:fs'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Durability, openJournalReader, openJournalWriter } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import { diskThread } from './disk-thread.ts'
import { FollowedSlot } from './followed-slot.ts'
import type { LedgerCore } from './ledger-core.ts'
import { LedgerState, type StateLimits } from './ledger-state.ts'
import { requestFolder } from './request-log.ts'
import { newestImage, type OwnSlot, slotFolder, slotsIn, takeSlot } from './slots.ts'
import { stateOf } from './state-image.ts'
import { StateSnapshots } from './state-snapshots.ts'

/** Other processes' journals are looked at this often, while there are any. */
const pollMs = 200
/** Every how many looks the folder is searched for processes that are new: that call of the file system blocks. */
const looksBetween = 5
/** How long a look may take before others have a turn. */
const budgetMs = 4

/** Where and how a ledger is kept. */
export interface LedgerFolderOptions {
  readonly folder: string
  readonly durability: Durability
  readonly limits: StateLimits
  readonly log: LearnerLog
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Bytes of records after which a snapshot is taken (default 8 MiB). */
  readonly snapshotBytes?: number | undefined
  /** Bytes of requests that are kept on disk (default 64 MiB); half as much again may come before the oldest go. */
  readonly requestBytes?: number | undefined
}

/** What the largest snapshot in the folder holds, as a state to begin with. */
export function firstState({ folder, limits, log }: LedgerFolderOptions): LedgerState {
  const images = slotsIn(folder).map(slot => newestImage(openJournalReader(slotFolder(folder, slot)), log)?.image)
  const [largest] = images.filter(image => image !== undefined).toSorted((one, other) => other.length - one.length)
  return largest === undefined ? new LedgerState(limits) : stateOf(largest, limits)
}

/**
 * The files of a ledger: a journal that this process writes, in `{folder}/{slot}`, and those of other processes beside it,
 * which it follows.
 */
export class LedgerFolder {
  readonly #core: LedgerCore
  readonly #options: LedgerFolderOptions
  readonly #slot: OwnSlot
  readonly #others = new Map<number, FollowedSlot>()
  readonly #own: number
  readonly snapshots: StateSnapshots
  #timer: NodeJS.Timeout | undefined
  #foldedBytes = 0
  #waits = 0
  #isClosed = false

  /**
   * Bring in all that the folder holds, and write there from now on.
   * @throws {MillraceError} MILL_STORE_FAILED, MILL_JOURNAL_DAMAGED, MILL_STATE_INVALID
   */
  static async open(core: LedgerCore, options: LedgerFolderOptions): Promise<LedgerFolder> {
    const slot = await takeSlot(options.folder, options)
    try {
      const folder = new LedgerFolder(core, options, slot)
      folder.#begin()
      return folder
    } catch (error) {
      await slot.journal.writer.close()
      throw error
    }
  }

  private constructor(core: LedgerCore, options: LedgerFolderOptions, slot: OwnSlot) {
    this.#core = core
    this.#options = options
    this.#slot = slot
    this.#own = slot.number
    const { log, now, snapshotBytes = 8 * 2 ** 20 } = options
    const { writer } = slot.journal
    const { state } = core
    const { folder } = slot
    this.snapshots = new StateSnapshots({
      folder,
      writer,
      state,
      log,
      now,
      runner: diskThread,
      everyBytes: snapshotBytes
    })
  }

  /** Bytes that this run has written. */
  get bytesWritten(): number {
    return this.#slot.journal.writer.bytesWritten
  }

  /** Look at the journals of other processes until there is nothing new. @param isForNew also for those of new ones */
  async poll(isForNew = true): Promise<void> {
    while (!this.#isClosed && !this.#look(budgetMs, isForNew)) await nextTurn()
    this.#grow()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const other of this.#others.values()) other.close()
    await this.snapshots.settle()
    await this.#slot.journal.writer.close()
  }

  #begin(): void {
    const core = this.#core
    for (const note of this.#slot.journal.notes)
      this.#options.log.warn({ ...note }, 'a journal of experiments was mended')
    const own = this.#follow(this.#own)
    own.poll(Infinity)
    own.close()
    this.#look(Infinity, true)
    this.#grow()
    core.runLog.attach(this.#slot.journal.writer)
    core.committed.add((_, { length }) => this.snapshots.grown(length))
    this.#beginRequests()
    this.#wait()
  }

  #beginRequests(): void {
    const { now, requestBytes = 64 * 2 ** 20 } = this.#options
    const { requests } = this.#core
    const folder = requestFolder(this.#slot.folder)
    if (existsSync(folder)) {
      const loaded = requests.load(openJournalReader(folder))
      this.#core.waitFor(loaded.then(() => this.#core.joinRequests()))
    }
    requests.attach({
      folder,
      open: () => openJournalWriter(folder, { durability: 'none', now }),
      runner: diskThread,
      retentionBytes: requestBytes
    })
  }

  #wait(): void {
    if (this.#isClosed) return
    const isForNew = this.#waits++ % looksBetween === 0
    this.#timer = setTimeout(() => void this.poll(isForNew).then(() => this.#wait()), pollMs).unref()
  }

  /** @returns whether nothing new is left */
  #look(milliseconds: number, isForNew: boolean): boolean {
    const { folder, log } = this.#options
    if (isForNew) {
      const slots = slotsIn(folder).filter(slot => slot !== this.#own)
      for (const slot of slots) if (!this.#others.has(slot)) this.#others.set(slot, this.#follow(slot))
    }
    const settled = [...this.#others].map(([slot, other]) => {
      try {
        return other.poll(milliseconds)
      } catch (error) {
        log.warn({ err: error, slot }, 'the journal of another process cannot be followed; tried again')
        other.close()
        this.#others.delete(slot)
        return true
      }
    })
    return settled.every(Boolean)
  }

  /** Tell of what was brought in: not in between, for a snapshot holds the own journal to its end. */
  #grow(): void {
    const bytes = this.#foldedBytes
    this.#foldedBytes = 0
    if (bytes > 0) this.snapshots.grown(bytes)
  }

  #follow(slot: number): FollowedSlot {
    const { folder, limits, log } = this.#options
    return new FollowedSlot({
      folder: slotFolder(folder, slot),
      state: this.#core.state,
      limits,
      log,
      fold: record => {
        this.#core.fold(record)
        this.#foldedBytes += record.length
      }
    })
  }
}

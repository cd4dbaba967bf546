import type { LearnerLog } from './learner-log.ts'
import type { SnapshotJob, SnapshotReport } from './take-snapshot.ts'
import { after, type After } from './timers.ts'

const firstRetryMs = 1000
const longestRetryMs = 300_000
/** Of a large state a snapshot is taken only after this share of its size in records, so that the disk can keep up. */
const shareOfState = 0.25

/** Takes snapshots somewhere else than on the thread that serves requests. */
export interface SnapshotRunner {
  /** @returns undefined when the newest snapshot is as new as can be */
  run(job: SnapshotJob): Promise<SnapshotReport | undefined>
  close(): Promise<void>
}

/** When to take snapshots. */
export interface SnapshotterOptions {
  runner: SnapshotRunner
  /** After so many bytes of records since the last one, or a quarter of its size if that is more; integer >= 1. */
  bytes: number
  /** After so many milliseconds, if anything was learned. */
  intervalMs: number
  /** Bytes of journal that are kept to look back on, beside what the latest snapshots need. */
  retentionBytes: number
  log: LearnerLog
  after?: After | undefined
}

/** A journal whose snapshots are to be taken. */
export interface SnapshotTarget {
  /** Id of the learner, for the log. */
  learner: string
  folder: string
  /** Its writer. */
  writer: { readonly lastSequence: number; readonly bytesWritten: number }
  /** Position and size of the newest snapshot; 0 without. */
  newest: { sequence: number; bytes: number }
}

/** The snapshots of one journal. */
export interface SnapshotWatch {
  /** Position that the newest one holds. */
  readonly sequence: number
  readonly counts: { taken: number; failed: number }
  /** Records were committed. Costs next to nothing. */
  poke(): void
  /** Take no more; resolves once one that is under way is done, which is at once when the snapshotter is closed. */
  close(): Promise<void>
}

/** Takes the snapshots of all learners of a process, one at a time. */
export interface Snapshotter {
  watch(target: SnapshotTarget): SnapshotWatch
  /** Give up what is under way and what waits. */
  close(): Promise<void>
}

/**
 * Takes a snapshot of each journal that has grown enough or waited long enough. One that fails, as on a full disk, is
 * logged, counted and tried again later and later; the learner goes on all the same.
 */
export function createSnapshotter(options: SnapshotterOptions): Snapshotter {
  const queue = new Queue()
  return {
    watch: target => new Watch(target, options, queue),
    async close() {
      queue.close()
      await options.runner.close()
    }
  }
}

/** Runs one thing at a time, in the order of asking. */
class Queue {
  #last: Promise<void> = Promise.resolve()
  isClosed = false

  add(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(() => (this.isClosed ? undefined : work()))
    return this.#last
  }

  close(): void {
    this.isClosed = true
  }
}

class Watch implements SnapshotWatch {
  readonly counts = { taken: 0, failed: 0 }
  sequence: number
  readonly #target: SnapshotTarget
  readonly #options: SnapshotterOptions
  readonly #queue: Queue
  readonly #after: After
  #stateBytes: number
  #bytesAtLast: number
  #underWay: Promise<void> | undefined
  #cancelTimer: () => void = () => undefined
  /** How many attempts have failed since the last that did not. */
  #failures = 0
  #isClosed = false

  constructor(target: SnapshotTarget, options: SnapshotterOptions, queue: Queue) {
    this.#target = target
    this.#options = options
    this.#queue = queue
    this.#after = options.after ?? after
    this.sequence = target.newest.sequence
    this.#stateBytes = target.newest.bytes
    this.#bytesAtLast = target.writer.bytesWritten
    this.#wait()
  }

  poke(): void {
    // After a failure only time brings the next attempt.
    if (this.#underWay !== undefined || this.#failures > 0 || this.#isClosed) return
    const enough = Math.max(this.#options.bytes, shareOfState * this.#stateBytes)
    if (this.#target.writer.bytesWritten - this.#bytesAtLast >= enough) this.#begin()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#cancelTimer()
    await this.#underWay
  }

  #begin(): void {
    this.#cancelTimer()
    this.#underWay = this.#queue
      .add(() => this.#take())
      .finally(() => {
        this.#underWay = undefined
        if (!this.#isClosed) this.#wait()
      })
  }

  /** Look again after the interval, or sooner after a failure. */
  #wait(): void {
    const retryMs = Math.min(longestRetryMs, firstRetryMs * 2 ** (this.#failures - 1))
    this.#cancelTimer = this.#after(this.#failures > 0 ? retryMs : this.#options.intervalMs, () => {
      if (this.#target.writer.lastSequence > this.sequence) this.#begin()
      else this.#wait()
    })
  }

  async #take(): Promise<void> {
    if (this.#isClosed) return
    const { learner, folder, writer } = this.#target
    const { runner, retentionBytes, log } = this.#options
    const { bytesWritten, lastSequence: upTo } = writer
    try {
      const report = await runner.run({ folder, upTo, retentionBytes })
      this.#bytesAtLast = bytesWritten
      this.#failures = 0
      if (report === undefined) return
      this.sequence = report.sequence
      this.#stateBytes = report.bytes
      this.counts.taken++
      log.debug({ learner, ...report }, 'snapshot taken')
    } catch (error) {
      if (this.#queue.isClosed) return
      this.#failures++
      this.counts.failed++
      log.warn({ learner, err: error }, 'a snapshot could not be taken; the learner goes on without')
    }
  }
}

import type { Counted } from './counted.ts'
import type { LedgerState } from './ledger-state.ts'
import type { LiveExperiment } from './live-experiment.ts'
import { RecordWriter } from './record-codec.ts'
import type { RunLog } from './run-log.ts'

/**
 * While there is much to write it is written this often; else at the end of the turn of the event loop. Each time costs the
 * thread of requests some 0.1 ms, for two calls of the file system: at 10 ms that was a tenth of what requests cost.
 */
const busyMs = 100
/** Counts are written this often. */
const countsMs = 1000

/** What a turn log works with. */
export interface TurnLogOptions {
  readonly log: RunLog
  readonly state: LedgerState
  readonly live: ReadonlyMap<string, LiveExperiment>
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Gathers what is served and writes it together: units at the end of the turn of the event loop, or every 100 ms while
 * there is much, with the counts of the experiments that they came to, and all counts every second.
 */
export class TurnLog {
  readonly #options: TurnLogOptions
  readonly #record = new RecordWriter()
  readonly #onTheirWay = new Map<string, Counted[]>()
  #isScheduled = false
  #immediate: NodeJS.Immediate | undefined
  #timer: NodeJS.Timeout | undefined
  #countsTimer: NodeJS.Timeout | undefined
  #lastAt = -Infinity

  constructor(options: TurnLogOptions) {
    this.#options = options
  }

  /** A unit came for the first time, or to another arm than before. */
  exposed(experiment: string, first: number, second: number, arm: number, isOwnRequest: boolean, time: number): void {
    this.#record.exposure(experiment, first, second, arm, isOwnRequest, time)
  }

  /** Something was counted. */
  counted(): void {
    this.#countsTimer ??= setTimeout(() => this.write(true), countsMs).unref()
  }

  /** A unit came. */
  met(): void {
    if (!this.#isScheduled) this.#schedule()
  }

  /** Counts of an experiment that are handed over and not written yet. */
  onTheirWay(experiment: string): readonly Counted[] {
    return this.#onTheirWay.get(experiment) ?? []
  }

  /** Write what is gathered. @param withCounts all counts, and not only those of experiments to which new units came */
  write(withCounts: boolean): void {
    this.#unschedule(withCounts)
    const { log, live, now, state } = this.#options
    const time = now()
    const taken: [LiveExperiment, Counted][] = []
    for (const experiment of live.values()) {
      experiment.settle()
      if (!withCounts && !experiment.hasNews) continue
      const counted = experiment.take()
      if (counted === undefined) continue
      taken.push([experiment, counted])
      this.#record.counted(experiment.id, counted, time)
      this.#send(experiment.id, counted)
    }
    if (this.#record.isEmpty) return
    const record = this.#record.take({ run: log.run, number: 1 })
    log.append(record, {
      committed: () => {
        for (const [{ id }, counted] of taken) {
          this.#arrived(id, counted)
          state.count(id, log.run, counted, time)
        }
      },
      lost: () => {
        for (const [{ id }, counted] of taken) this.#arrived(id, counted)
      }
    })
  }

  close(): void {
    this.write(true)
    this.#unschedule(true)
  }

  #schedule(): void {
    this.#isScheduled = true
    const waitMs = this.#lastAt + busyMs - performance.now()
    if (waitMs > 0) this.#timer = setTimeout(() => this.write(false), waitMs).unref()
    else this.#immediate = setImmediate(() => this.write(false))
  }

  #unschedule(withCounts: boolean): void {
    this.#isScheduled = false
    this.#lastAt = performance.now()
    clearTimeout(this.#timer)
    clearImmediate(this.#immediate)
    if (!withCounts) return
    clearTimeout(this.#countsTimer)
    this.#countsTimer = undefined
  }

  #send(id: string, counted: Counted): void {
    const list = this.#onTheirWay.get(id)
    if (list === undefined) this.#onTheirWay.set(id, [counted])
    else list.push(counted)
  }

  #arrived(id: string, counted: Counted): void {
    const rest = this.onTheirWay(id).filter(one => one !== counted)
    if (rest.length === 0) this.#onTheirWay.delete(id)
    else this.#onTheirWay.set(id, [...rest])
  }
}

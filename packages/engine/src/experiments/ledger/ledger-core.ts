import { ChangeListeners } from './change-listeners.ts'
import { foldRecord } from './fold-record.ts'
import type { LedgerLimits } from './ledger-limits.ts'
import type { LedgerState } from './ledger-state.ts'
import type { ExperimentLedger, Ledger, Outcome, OutcomeReceipt } from './ledger.ts'
import type { LearnerLog } from '../../learning/learner-log.ts'
import { LiveExperiment, type LiveHouse } from './live-experiment.ts'
import type { OutcomeFact } from './outcome-fact.ts'
import { foundRequest, OutcomeDesk } from './outcome-desk.ts'
import { RecordWriter } from './record-codec.ts'
import { RequestLog } from './request-log.ts'
import { type CommittedRecord, RunLog } from './run-log.ts'
import { TurnLog } from './turn-log.ts'

/** What a ledger is made of. */
export interface LedgerCoreOptions {
  readonly state: LedgerState
  readonly limits: LedgerLimits
  readonly log: LearnerLog
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Asked for when the first experiment is. */
  readonly wake: () => void
}

/**
 * A ledger that says in records what it is told, and brings in those of others. Where records go is attached from outside:
 * they wait until it is.
 */
export class LedgerCore implements Ledger {
  readonly state: LedgerState
  readonly runLog: RunLog
  readonly requests: RequestLog
  /** Hear of records of this run that are in the journal. */
  readonly committed = new Set<CommittedRecord>()
  readonly #options: LedgerCoreOptions
  readonly #live = new Map<string, LiveExperiment>()
  readonly #turnLog: TurnLog
  readonly #desk: OutcomeDesk
  readonly #listeners = new ChangeListeners()
  readonly #house: LiveHouse
  #ready: Promise<void> | undefined
  #isClosed = false

  constructor(options: LedgerCoreOptions) {
    this.#options = options
    const { state, limits, log, now } = options
    this.state = state
    this.requests = new RequestLog({ limits: limits.requests, log, now })
    this.runLog = new RunLog((number, record) => {
      state.heads.set(this.runLog.run, number)
      for (const hear of this.committed) hear(number, record)
    })
    const live = this.#live
    this.#turnLog = new TurnLog({ log: this.runLog, state, live, now })
    this.#desk = new OutcomeDesk({ state, requests: this.requests, live, now, keep: fact => this.#keep(fact) })
    this.#house = this.#makeHouse()
  }

  experiment(id: string, shape: { arms: number; metrics: ReadonlyMap<string, string> }): ExperimentLedger {
    let experiment = this.#live.get(id)
    if (experiment === undefined) {
      experiment = new LiveExperiment(id, this.#house)
      this.#live.set(id, experiment)
      this.#options.wake()
    }
    // Asked for at every look and every feedback; what waits is looked through only where it could count by now.
    if (experiment.reshape(shape) && this.state.waiting.size > 0) setImmediate(() => this.joinRequests())
    return experiment
  }

  async outcome(outcome: Outcome): Promise<readonly OutcomeReceipt[]> {
    await this.#ready
    return this.#desk.take(outcome)
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  async forget(id: string): Promise<void> {
    this.#live.get(id)?.settle()
    const time = this.#options.now()
    await this.#append(
      record => record.forget(id, time),
      () => this.state.forget(id, time)
    )
    this.#live.delete(id)
  }

  async flush(): Promise<void> {
    this.#turnLog.write(true)
    await Promise.all([this.runLog.flush(), this.requests.flush()])
  }

  /** Write what is gathered; nothing is written from then on. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#turnLog.close()
    this.#listeners.close()
    await this.runLog.flush()
    this.runLog.close()
    await this.requests.close()
  }

  /** Outcomes wait for this. */
  waitFor(ready: Promise<void>): void {
    this.#ready = ready
  }

  /** Bring in a record of another run. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
  fold(record: Uint8Array): void {
    const isNew = foldRecord(this.state, record, fact => this.#join(fact))
    if (isNew) this.#listeners.changed()
  }

  /** Other things have become known. */
  changed(): void {
    this.#listeners.changed()
  }

  /** Say of which units those requests were that something waits for. Costs a look at every outcome that waits. */
  joinRequests(): void {
    for (const fact of this.state.waiting.facts()) this.#join(fact)
  }

  /** Say of which unit the request was, if it is known here and nobody has. */
  #join(fact: OutcomeFact): void {
    const { state } = this
    if (this.#isClosed || fact.request.first === 0 || state.waiting.get(fact.experiment, fact.id)?.isKnown !== false) {
      return
    }
    const kindIn = (id: string): string | undefined => this.#live.get(id)?.metrics.get(fact.metric)
    const found = foundRequest(fact, this.requests, kindIn, this.#options.now())
    // What cannot be written now is said again after the next start.
    if (found !== undefined) void this.#keep(found).catch(() => undefined)
  }

  async #keep(fact: OutcomeFact): Promise<void> {
    // Before what came of it, so that what is acknowledged has a unit to count for.
    this.#turnLog.write(false)
    await this.#append(
      record => record.outcome(fact),
      () => this.state.tell(fact)
    )
    this.#listeners.changed()
  }

  #append(say: (record: RecordWriter) => void, committed: () => void): Promise<void> {
    const writer = new RecordWriter()
    say(writer)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.runLog.append(writer.take({ run: this.runLog.run, number: 1 }), {
      committed() {
        committed()
        resolve()
      },
      failed: reject
    })
    return promise
  }

  #makeHouse(): LiveHouse {
    const { requests } = this
    const turnLog = this.#turnLog
    return {
      state: this.state,
      now: this.#options.now,
      onTheirWay: id => turnLog.onTheirWay(id),
      exposed: ({ id }, first, second, arm, own, time) => turnLog.exposed(id, first, second, arm, own, time),
      counted: () => turnLog.counted(),
      met: () => turnLog.met(),
      requested: (request, unit, marks, value, time) => requests.add(request, unit, marks, value, time),
      numberOf: id => requests.window.numberOf(id)
    }
  }
}

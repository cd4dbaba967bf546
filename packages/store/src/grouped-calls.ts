import { isBusy } from './database-errors.ts'
import type { Database } from './database.ts'

/** A call that is to be made. */
export interface StoreCall {
  isWrite: boolean
  run(): unknown
  /** Told once what became of it: of a write after it was committed. */
  answer(outcome: CallOutcome): void
}

/** What a call returned, or what it threw. */
export type CallOutcome = { result: unknown } | { error: unknown }

interface WaitingCall extends StoreCall {
  /** When it came, in milliseconds of `performance.now()`. */
  since: number
}

/** Calls in one transaction; with more waiting, the first answers would come late. */
const mostTogether = 1000

/** How long one attempt waits for another process's lock, in milliseconds: meanwhile nothing else is done. */
const attemptMs = 50

/**
 * Makes calls to a database in groups: all that wait at a time are one transaction, so that they share one commit and
 * its fsync. Each call sees those before it; one that throws undoes only itself. When the transaction itself fails, all
 * its writes fail, and its reads are made again without them.
 *
 * While another process holds the lock, writes wait and reads go ahead of them.
 */
export class GroupedCalls {
  readonly #database: Database
  readonly #busyTimeoutMs: number
  readonly #waiting: WaitingCall[] = []

  /** @param busyTimeoutMs integer >= 0, after how long of another process's lock a write fails */
  constructor(database: Database, busyTimeoutMs: number) {
    this.#database = database
    this.#busyTimeoutMs = busyTimeoutMs
    database.waitForLocks(Math.min(busyTimeoutMs, attemptMs))
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0
  }

  add(call: StoreCall): void {
    this.#waiting.push({ ...call, since: performance.now() })
  }

  /** Do some of what waits: one transaction, or one attempt to begin it. */
  run(): void {
    const group = this.#waiting.splice(0, mostTogether)
    if (!group.some(({ isWrite }) => isWrite)) return this.#answerReads(group)
    const outcomes = this.#commit(group)
    if (Array.isArray(outcomes)) for (const [index, call] of group.entries()) call.answer(outcomes[index]!)
    else this.#giveUp(group, outcomes.error)
  }

  /** @returns the outcome of each call, or what made the transaction fail */
  #commit(group: readonly WaitingCall[]): CallOutcome[] | { error: unknown } {
    try {
      return this.#database.write(() => group.map(call => this.#enclosed(call)))
    } catch (error) {
      return { error }
    }
  }

  /** Make a call inside the transaction. Throws only when the transaction is over. */
  #enclosed({ isWrite, run }: WaitingCall): CallOutcome {
    const outcome = attempt(() => (isWrite ? this.#database.nested(run) : this.#database.read(run)))
    if ('error' in outcome && !this.#database.isWriting) throw outcome.error
    return outcome
  }

  /** Without the transaction: writes fail, or wait on when only a lock was in the way; reads are made all the same. */
  #giveUp(group: readonly WaitingCall[], error: unknown): void {
    const isLocked = error instanceof Error && isBusy(error.cause)
    const patience = isLocked ? this.#busyTimeoutMs : 0
    // Those who came later would meet the same lock.
    const calls = isLocked ? [...group, ...this.#waiting.splice(0)] : group
    const now = performance.now()
    for (const call of calls) {
      if (!call.isWrite) this.#answerReads([call])
      else if (now - call.since < patience) this.#waiting.push(call)
      else call.answer({ error })
    }
  }

  #answerReads(calls: readonly WaitingCall[]): void {
    for (const { run, answer } of calls) answer(attempt(() => this.#database.read(run)))
  }
}

function attempt(run: () => unknown): CallOutcome {
  try {
    return { result: run() }
  } catch (error) {
    return { error }
  }
}

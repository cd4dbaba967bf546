import type { ObservationCommand } from './learn-command.ts'
import type { Outcome } from './learner-machine.ts'

/** How long learning may keep the thread from everything else, in milliseconds. */
const longestTurnMs = 5
/** How many rows are learned between two looks at the clock. */
const rowsBetweenLooks = 8

/** Commands that were committed together. */
export interface CommittedCommands {
  commands: readonly ObservationCommand[]
  /** The same as they are in the journal. */
  records: readonly Uint8Array[]
  done(outcomes: Outcome[]): void
  failed(error: unknown): void
}

/** What {@link LearningTurns} works with. */
export interface LearningTurnsOptions {
  learn(command: ObservationCommand, record: Uint8Array): Outcome
  /** Milliseconds that never go back. */
  now?: () => number
  /** Call `work` once whatever else waits has had its turn. */
  later?: (work: () => void) => void
}

/**
 * Does what committed commands say, in the order of the journal: at once where that takes a moment, otherwise in turns,
 * so that a large batch of a slow learner keeps nobody waiting who only wants to predict.
 */
export class LearningTurns {
  readonly #learn: LearningTurnsOptions['learn']
  readonly #now: () => number
  readonly #later: (work: () => void) => void
  readonly #queue: CommittedCommands[] = []
  /** What came of the first ones in the queue so far. */
  #outcomes: Outcome[] = []
  #isInterrupted = false
  #idle: PromiseWithResolvers<void> | undefined

  constructor({ learn, now = () => performance.now(), later = setImmediate }: LearningTurnsOptions) {
    this.#learn = learn
    this.#now = now
    this.#later = later
  }

  add(committed: CommittedCommands): void {
    this.#queue.push(committed)
    if (!this.#isInterrupted) this.#turn()
  }

  /** Resolves once all that was added is done. */
  async drained(): Promise<void> {
    if (this.#queue.length === 0) return
    this.#idle ??= Promise.withResolvers()
    await this.#idle.promise
  }

  #turn(): void {
    const end = this.#now() + longestTurnMs
    this.#isInterrupted = false
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (!this.#learnUntil(end, first)) {
        this.#isInterrupted = true
        this.#later(() => this.#turn())
        return
      }
      this.#queue.shift()
      this.#outcomes = []
    }
    this.#idle?.resolve()
    this.#idle = undefined
  }

  /** @returns whether all is done */
  #learnUntil(end: number, { commands, records, done, failed }: CommittedCommands): boolean {
    const outcomes = this.#outcomes
    try {
      while (outcomes.length < commands.length) {
        const next = outcomes.length
        if (next % rowsBetweenLooks === 0 && next > 0 && this.#now() >= end) return false
        outcomes.push(this.#learn(commands[next]!, records[next]!))
      }
    } catch (error) {
      failed(error)
      return true
    }
    done(outcomes)
    return true
  }
}

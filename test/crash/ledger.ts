import type { Answer, Ask } from './asking.ts'

/** Named numbers to learn from. */
export type Row = { features: Readonly<Record<string, number>>; target: number }

/** How an observation was named when it was sent. */
export type RowKey = `observation ${string}` | `prediction ${string}`

/** What a learner answered about one observation. */
export interface RowOutcome extends Row {
  key: RowKey
  /** False when it was refused for what it says. */
  isLearned: boolean
  /** The prediction in the answer, where there was one. */
  prediction: number | undefined
}

/** A request with the answer that every repeat must get. */
export interface Answered {
  ask: Ask
  answer: Pick<Answer, 'status' | 'body'>
  /** Whether a repeat says that it is one; refusals do not. */
  tellsRepeat: boolean
}

/** What one learner has acknowledged. */
export interface Ledger {
  readonly learner: string
  readonly answered: readonly Answered[]
  /** How many observations it says it has learned. */
  readonly learned: number
  /** Take an answer down. */
  note(answered: Answered, rows: readonly RowOutcome[]): void
  /** What it was answered about the observation. */
  outcome(key: RowKey): RowOutcome | undefined
  /** The outcomes noted since the last call. */
  takeNew(): RowOutcome[]
}

export function createLedger(learner: string): Ledger {
  const answered: Answered[] = []
  const outcomes = new Map<RowKey, RowOutcome>()
  let fresh: RowOutcome[] = []
  let learned = 0
  return {
    learner,
    answered,
    get learned() {
      return learned
    },
    note(one, rows) {
      answered.push(one)
      for (const row of rows) {
        outcomes.set(row.key, row)
        if (row.isLearned) learned += 1
      }
      fresh.push(...rows)
    },
    outcome: key => outcomes.get(key),
    takeNew() {
      const taken = fresh
      fresh = []
      return taken
    }
  }
}

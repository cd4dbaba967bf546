import { type JournalReplay, type JournalReplayRow, ProgressiveValidation, type Standing } from '@millrace/engine'

/** The scores of a part of a journal. */
export interface ReplayScores {
  /** Take a row into account. @returns whether it is among those that are scored */
  add(row: JournalReplayRow): boolean
  /** How many rows were scored, and the positions of the first and the last of them. */
  readonly rows: number
  readonly first: number | undefined
  readonly last: number | undefined
  /** The recorded learner first. */
  standings(): Standing[]
  /** See {@link ProgressiveValidation.comparableFrom}. */
  readonly comparableFrom: number | undefined
}

/**
 * The scores of the rows from position `from` on. All have learned what came before.
 * @param options `served` is the name of the recorded learner
 */
export function replayScores(
  replay: JournalReplay,
  { served, from = 0 }: { served: string; from?: number | undefined }
): ReplayScores {
  let predictions: readonly (number | undefined)[] = []
  const names = replay.standings().map(({ name }, index) => (index === 0 ? served : name))
  // Whoever predicted says again what they have predicted; only the counting is done here.
  const echoes = replay.standings().map(({ isBaseline }, index) => ({
    name: names[index]!,
    isBaseline,
    regressor: { canPredict: true, predictOne: () => predictions[index], learnOne: () => undefined }
  }))
  const validation = new ProgressiveValidation(echoes, { now: () => 0 })
  let first: number | undefined
  let last: number | undefined
  return {
    add(row) {
      if (row.sequence < from) return false
      predictions = row.predictions
      validation.step({}, row.target)
      first ??= row.sequence
      last = row.sequence
      return true
    },
    get rows() {
      return validation.rows
    },
    get first() {
      return first
    },
    get last() {
      return last
    },
    standings() {
      const times = replay.standings().map(({ microsecondsPerRow }) => microsecondsPerRow)
      return validation.standings().map((standing, index) => ({ ...standing, microsecondsPerRow: times[index] }))
    },
    get comparableFrom() {
      return validation.comparableFrom
    }
  }
}

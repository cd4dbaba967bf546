import type { Features } from '@millrace/online'
import type { LearnerDescription, LearnerName } from './catalog.ts'
import type { ForecastStep } from './forecast.ts'
import type { ParameterValue } from './learn-command.ts'
import type { ModelMetrics } from './model-score.ts'

/** One labelled example. */
export interface LabelledObservation {
  features: Features
  /** The value that was observed. */
  target: number
  /** What a repeat of the same observation is known by. */
  observationId?: string | undefined
}

/** A label for an earlier prediction. */
export interface PredictionLabel {
  predictionId: string
  /** The value that was observed. */
  actual: number
  /** When the same observation may also come by another way, what it is known by there. */
  observationId?: string | undefined
}

/** What became of an observation. */
export interface Learned {
  /** The prediction that was scored: made before the model learned the observation. */
  prediction: number
  /** True when the id was known: the observation was learned before, and `prediction` is the one made then. */
  isRepeat: boolean
}

/** A prediction that may be labelled later. */
export interface KeptPrediction {
  prediction: number
  /** Undefined when the prediction could not be kept because the storage failed; the prediction itself is good. */
  predictionId: string | undefined
}

/** Whether a learner's process may teach it. */
export type LearnerRole = 'writer' | 'reader'

/** How a learner is, for `/health`. */
export interface LearnerHealth {
  role: LearnerRole
  /** Position in the journal of the last record that is part of the state. */
  sequence: number
  /** Position that the newest snapshot holds; 0 when there is none. */
  snapshotSequence: number
  /** What keeps it from learning at present: the message of an error. Undefined while it learns. */
  problem: string | undefined
}

/** What a learner counts since the process began, for `/metrics`. */
export interface LearnerCounts {
  /** Requests that repeated a known id. */
  repeats: number
  /** Requests that used a known id for something else. */
  conflicts: number
  /** Labels by what became of them. */
  labels: { learned: number; repeated: number; corrected: number; expired: number; unknown: number }
  /** Rows that the divergence guard skipped. Part of the learner's state: counted since it was made. */
  guardSkips: number
  /** How often the divergence guard put the learner back to an earlier state; counted since it was made. */
  guardRollbacks: number
  /** Snapshots taken, and how many could not be. */
  snapshots: { taken: number; failed: number }
}

/** A learner as it was at one moment. */
export interface FrozenLearner {
  /** What `learnerFromState` makes a learner of that predicts the same, bit for bit; without score and remembered ids. */
  state: Uint8Array
  /** Position in the journal of the last record that is part of it. */
  sequence: number
  /** All parameters that it was made with. */
  parameters: Readonly<Record<string, ParameterValue>>
  /** The features it had seen, in the order of first sight. */
  featureNames: readonly string[]
  /** Its score; `count` is the number of observations learned. */
  metrics: ModelMetrics
}

/**
 * A learner in service. It predicts, learns each observation at most once, and keeps the score of every prediction that
 * it learned the truth of. What it has learned is as durable as its journal.
 */
export interface ServedLearner {
  /** Unique among the learners of a data folder; names its journal. */
  readonly id: string
  readonly name: LearnerName

  /** Predict. Changes nothing, not even the score. @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE */
  predict(x: Features): number
  /** Predict, and keep features and prediction until the label comes. Fails only where `predict` fails. */
  predictAndKeep(x: Features): Promise<KeptPrediction>
  /** Forecast several steps ahead. Changes nothing. */
  predictMany(x: Features, steps: number): ForecastStep[]

  /**
   * Predict, score, learn: all or nothing, and durable before it resolves.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE, MILL_VALUE_OUT_OF_RANGE, MILL_FEATURE_LIMIT, MILL_MEMORY_LIMIT,
   *   MILL_LEARN_DIVERGED or MILL_ID_CONFLICT for an observation that cannot be learned; MILL_NOT_WRITER,
   *   MILL_WRITER_FENCED, MILL_OVERLOADED or MILL_STORE_FAILED for a learner that cannot learn now. Nothing is learned then.
   *   What was refused under the same id before is refused with a RepeatedRefusal
   */
  learn(observation: LabelledObservation): Promise<Learned>
  /**
   * Learn observations in their order; they share one write. One that cannot be learned fails alone.
   * @returns for each observation what `learn` would have resolved to, or the MillraceError it would have thrown
   * @throws {MillraceError} when the learner cannot learn now; nothing is learned then
   */
  learnMany(observations: readonly LabelledObservation[]): Promise<(Learned | Error)[]>
  /**
   * Learn the label of an earlier prediction: scores the prediction as it was made, and learns its features once.
   * @throws {MillraceError} what `learn` throws, and MILL_PREDICTION_NOT_FOUND, MILL_PREDICTION_EXPIRED or
   *   MILL_LABEL_CONFLICT when the prediction has another label already
   */
  label(label: PredictionLabel): Promise<Learned>

  metrics(): ModelMetrics
  /** The features seen so far, in the order of first sight. Time O(names). */
  featureNames(): string[]
  /** The learner as it is now. Time and memory O(state), without giving way to others. */
  freeze(): FrozenLearner
  describe(): LearnerDescription
  health(): LearnerHealth
  counts(): LearnerCounts
  /** Bytes that the learner's state takes in memory, within 5 %. */
  memoryBytes(): number
  /** Write what waits and give up the lease. */
  close(): Promise<void>
}

import type { RegistryStore } from '@millrace/store'
import type { LearnerLog } from '../learning/learner-log.ts'
import type { After } from '../learning/timers.ts'
import type { InferReply, InferRequest, ModelServer } from '../serving/model-server.ts'
import type { ExperimentBook } from './experiment-book.ts'
import type { Ledger } from './ledger/ledger.ts'

/** What experiments are opened on: `openExperiments(deps): Promise<Experiments>`, and `attach` once there are models. */
export interface ExperimentDeps {
  /** Where the records are; entries of the kind `experiment`. */
  readonly registry: RegistryStore
  /** Closed with the experiments. */
  readonly ledger: Ledger
  readonly log: LearnerLog
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined
  readonly after?: After | undefined
  /** Uniform in [0, 1); give a seeded one to get the same draws again. */
  readonly random?: (() => number) | undefined
}

/** What those are given who look after experiments that run: they adapt weights and step canaries. */
export interface ControllerDeps {
  readonly book: ExperimentBook
  readonly ledger: Ledger
  /** Undefined until the models are there. */
  readonly models: () => ModelServer | undefined
  readonly log: LearnerLog
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly after: After
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** Sees every request that was answered, as a shadow does. Must not throw, and is called on the path of the request. */
export type AnswerTap = (reply: InferReply, request: InferRequest) => void

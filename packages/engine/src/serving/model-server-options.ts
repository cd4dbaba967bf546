import type { Runtime } from '@millrace/runtime'
import type { ModelSource, RegistryStore, VersionPolicy } from '@millrace/store'
import type { LearnerLog } from '../learning/learner-log.ts'
import type { ServedLearner } from '../learning/served-learner.ts'
import type { After } from '../learning/timers.ts'
import type { OpenGiven } from './load-override.ts'
import type { ServingEvents } from './model-server.ts'
import type { ResponseCache } from './response-cache.ts'
import type { Traffic } from './traffic.ts'

/** How much a model server may do at once. */
export interface ServingLimits {
  /** Versions in memory at most; live learners do not count. */
  readonly maxModels: number
  /** Estimated bytes of those at most. */
  readonly memoryBytes: number
  /** Requests to one model in work at most; Infinity for no limit. */
  readonly maxConcurrent: number
  /** Requests to one model that may wait for a place; more are refused. */
  readonly queueLimit: number
  /** Milliseconds that a request may take. */
  readonly requestTimeoutMs: number
}

/** What a model server is given. */
export interface ModelServerOptions {
  /** Where models come from. Of a version that several have the first source's counts. Closed with the server. */
  readonly sources: readonly ModelSource[]
  /** Runs ONNX models. The caller opens and closes it. */
  readonly runtime: Pick<Runtime, 'load'>
  /** Keeps aliases and what was unloaded. */
  readonly registry: RegistryStore
  /** Learners in service by the names of their models: each is the version `live`. The caller opens and closes them. */
  readonly learners?: ReadonlyMap<string, ServedLearner> | undefined
  readonly cache?: ResponseCache | undefined
  /** Of models whose configuration names none. */
  readonly policy: VersionPolicy
  /** The default of every model that has it, until somebody moves `default`. */
  readonly defaultVersion?: string | undefined
  readonly limits: ServingLimits
  /** Milliseconds that answers stay in the cache. */
  readonly cacheTtlMs: number
  /** Where frozen learners are written: the folder of one of the sources. Freezing is refused without. */
  readonly frozenFolder?: string | undefined
  /** Keeps files that are given with a load, which is refused without. */
  readonly openGiven?: OpenGiven | undefined
  readonly events?: ServingEvents | undefined
  /** Decides between versions; requests go by names and aliases alone without. */
  readonly traffic?: Traffic | undefined
  readonly log: LearnerLog
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined
  /** Milliseconds for deadlines and durations, as `performance.now()`. */
  readonly monotonicNow?: (() => number) | undefined
  readonly after?: After | undefined
}

import type { NamedTensor } from '@millrace/runtime'

/** All that decides an answer. Ids, headers and deadlines are no part of it. */
export interface CachedQuestion {
  readonly model: string
  readonly version: string
  /** SHA-256 of what the version predicts with. */
  readonly digest: string
  readonly inputs: readonly NamedTensor[]
  /** Names of the outputs wanted, in order; undefined for all. */
  readonly outputs?: readonly string[] | undefined
  /** Names of the features of a frozen learner, for an input that holds one row of them for each prediction. */
  readonly featureNames?: readonly string[] | undefined
}

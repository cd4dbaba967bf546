import type { RunRequest, RunResult, RuntimeCounts, TensorSpec } from '@millrace/runtime'
import type { ModelMetadata } from '@millrace/store'

/** What a version is asked. */
export interface VersionRequest extends RunRequest {
  /** Names of the columns of a learner's input `features`; `in_1`, `in_2` and so on unless given. */
  readonly featureNames?: readonly string[] | undefined
}

/** One version of a model that can be asked: an ONNX session, a learner, or a learner as it once was. */
export interface ServedVersion {
  readonly model: string
  readonly version: string
  /** What makes this version: `onnxruntime_onnx`, or `millrace_learner`. */
  readonly platform: 'onnxruntime_onnx' | 'millrace_learner'
  /** SHA-256 of what it predicts with; undefined for a version that goes on learning, whose answers are never cached. */
  readonly digest: string | undefined
  /** For a learner: the features it has seen. It takes others as well. */
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** Names of the classes, by output. */
  readonly classLabels: ReadonlyMap<string, readonly string[]>
  readonly metadata: ModelMetadata
  /** Most rows of one run; 1 for a model whose first dimension is not a batch. */
  readonly maxBatchRows: number
  /** Estimated bytes in memory. */
  readonly memoryBytes: number
  /** Milliseconds that loading took. */
  readonly loadMs: number
  /** When it was loaded, in milliseconds since 1970. */
  readonly loadedAt: number
  /** See RuntimeModel.run. A learner also throws MILL_VALUE_NOT_FINITE and MILL_VALUE_OUT_OF_RANGE. */
  run(request: VersionRequest): Promise<RunResult>
  counts(): RuntimeCounts
}

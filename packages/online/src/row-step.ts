import { learnable } from '@millrace/common'
import type { FeatureNames } from './feature-names.ts'
import type { Features, Regressor, Transformer } from './learner.ts'
import { largestRow, type Row } from './row.ts'

/** What a step of a model can do once names are slots; a pipeline drives its steps through this. */
export interface RowStep {
  /** The names its slots stand for: its own, or those of its pipeline. */
  readonly names: FeatureNames
  /** Work with the pipeline's names from now on. Only for a step that has learned nothing yet, or was just restored. */
  useNames(names: FeatureNames): void
  /** Bytes of the step itself at present, without the names. */
  readonly ownBytes: number
  /**
   * Bytes of the step itself, without the names and the row of its own, while so many names are known: at most, for a
   * step that keeps something for each name alone, and with as little as it can do with, for one that remembers rows.
   */
  bytesFor(names: number): number
}

/** A regressor that can be the last step of a pipeline. */
export interface RowRegressor extends Regressor, RowStep {
  /**
   * Take at most `bytes`, an integer, from now on; for a step of a pipeline, limit the pipeline instead. See
   * `Pipeline.limitMemory`.
   * @throws {MillraceError} MILL_OPTION_INVALID
   */
  limitMemory(bytes: number): void
  /** Forget what does not fit into the room that the names leave any more. */
  shrink(): void
  predictRow(row: Row): number
  /** All names in `row` are known. Throws with the step left as it was. */
  learnRow(row: Row, y: number): void
}

/** A transformer that can be a step of a pipeline. */
export interface RowTransformer extends Transformer, RowStep {
  /** Write the transformed `row` to `out`. */
  transformRow(row: Row, out: Row): void
  /** All names in `row` are known. */
  learnRow(row: Row): void
  /** Undo the last `learnRow`; called at most once after it. */
  undoLearnRow(): void
}

/** `learnOne` of a regressor that stands alone: all or nothing, names included. */
export function learnNamed(step: RowRegressor, names: FeatureNames, row: Row, x: Features, y: number): void {
  learnable('target', y)
  const namesBefore = names.size
  names.intern(x, row)
  try {
    step.learnRow(row, y)
  } catch (error) {
    if (names.size > namesBefore) row.clear()
    names.truncate(namesBefore)
    throw error
  }
}

/** `limitMemory` of a regressor that stands alone. */
export function limitAlone(step: RowRegressor, bytes: number): void {
  step.names.limitMemory({ bytes, beside: largestRow, least: names => step.bytesFor(names) })
  step.shrink()
}

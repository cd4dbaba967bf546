import { learnable } from '@millrace/common'
import { FeatureNames } from './feature-names.ts'
import type { Features, Regressor } from './learner.ts'
import { Row } from './row.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'

const kind = 'LastValue'
/** Bytes of the object. */
const fixedSize = 40

/**
 * Predicts the last target learned: the baseline that any model of a slowly changing series must beat. Features are
 * checked and otherwise ignored. Time O(names in x), constant memory.
 */
export class LastValue implements Regressor {
  readonly #names = new FeatureNames()
  readonly #row = new Row()
  #last: number | null = null

  /** Always true: before anything is learned the prediction is 0, and that counts. */
  get canPredict(): boolean {
    return true
  }

  get memoryBytes(): number {
    return fixedSize + this.#row.ownBytes + this.#names.memoryBytes
  }

  predictOne(x: Features): number {
    this.#names.read(x, this.#row)
    return this.#last ?? 0
  }

  learnOne(x: Features, y: number): void {
    learnable('target', y)
    this.#names.read(x, this.#row)
    this.#last = y
  }

  toState(): Uint8Array {
    return encodeState(kind, 1, { last: this.#last })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): LastValue {
    const state = decodeStateOf(source, kind, 1)
    const model = new LastValue()
    if (state.fields['last'] !== null) model.#last = state.finite('last')
    return model
  }
}

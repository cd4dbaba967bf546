import { FeatureNames, featureNamesFrom } from './feature-names.ts'
import type { Features } from './learner.ts'
import { arraySize } from './memory-size.ts'
import { grown, Row } from './row.ts'
import type { RowTransformer } from './row-step.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid } from './state-errors.ts'

const kind = 'StandardScaler'

/**
 * Scales each feature to zero mean and unit variance by the running mean and population variance of the values seen so
 * far. A feature without variance, or never seen, becomes 0. Time O(names in x) a call, memory O(names seen).
 * @see Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 4(3), 1962.
 */
export class StandardScaler implements RowTransformer {
  readonly #withStd: boolean
  #names = new FeatureNames()
  readonly #row = new Row()
  readonly #out = new Row()
  #counts: Float64Array = new Float64Array(0)
  #means: Float64Array = new Float64Array(0)
  #variances: Float64Array = new Float64Array(0)
  readonly #before = new Before()

  /** @param options `withStd` false only centres, and leaves the unit */
  constructor({ withStd = true }: { withStd?: boolean } = {}) {
    this.#withStd = withStd
  }

  get names(): FeatureNames {
    return this.#names
  }

  get memoryBytes(): number {
    return this.ownBytes + this.#names.memoryBytes
  }

  get ownBytes(): number {
    return 1000 + 4 * arraySize(this.#counts.byteLength)
  }

  useNames(names: FeatureNames): void {
    this.#names = names
  }

  transformOne(x: Features): Record<string, number> {
    this.#names.read(x, this.#row)
    this.transformRow(this.#row, this.#out)
    const { keys, positions } = this.#out.layout
    return Object.fromEntries(keys.map((key, index) => [key, this.#out.values[positions[index]!]!]))
  }

  learnOne(x: Features): void {
    this.#names.intern(x, this.#row)
    this.learnRow(this.#row)
  }

  transformRow(row: Row, out: Row): void {
    if (out.layout !== row.layout) out.useLayout(row.layout)
    const { slots } = row.layout
    const { values } = row
    const scaled = out.values
    const withStd = this.#withStd
    const means = this.#means
    const variances = this.#variances
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!
      const centred = slot < means.length ? values[index]! - means[slot]! : values[index]!
      if (!withStd) {
        scaled[index] = centred
        continue
      }
      const deviation = slot < means.length ? Math.sqrt(variances[slot]!) : 0
      scaled[index] = deviation === 0 ? 0 : centred / deviation
    }
  }

  learnRow(row: Row): void {
    const { values } = row
    const { slots } = row.layout
    this.#reserve()
    const counts = this.#counts
    const means = this.#means
    const variances = this.#variances
    this.#before.keep(slots, counts, means, variances)
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!
      const value = values[index]!
      const count = counts[slot]! + 1
      const meanBefore = means[slot]!
      const mean = meanBefore + (value - meanBefore) / count
      // This association of the operations is River's; another one differs in the last bits.
      variances[slot]! += ((value - meanBefore) * (value - mean) - variances[slot]!) / count
      counts[slot] = count
      means[slot] = mean
    }
  }

  undoLearnRow(): void {
    this.#before.restore(this.#counts, this.#means, this.#variances)
  }

  toState(): Uint8Array {
    const size = this.#names.size
    this.#reserve()
    return encodeState(kind, 1, {
      withStd: this.#withStd,
      names: this.#names.list(),
      counts: this.#counts.slice(0, size),
      means: this.#means.slice(0, size),
      variances: this.#variances.slice(0, size)
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): StandardScaler {
    const state = decodeStateOf(source, kind, 1)
    const scaler = new StandardScaler({ withStd: state.boolean('withStd') })
    scaler.#names = featureNamesFrom(state.strings('names'))
    scaler.#counts = state.finites('counts', scaler.#names.size).slice()
    scaler.#means = state.finites('means', scaler.#names.size).slice()
    scaler.#variances = state.finites('variances', scaler.#names.size).slice()
    if (![...scaler.#counts, ...scaler.#variances].every(value => value >= 0)) throw invalid('a statistic is negative')
    return scaler
  }

  #reserve(): void {
    const size = this.#names.size
    if (size <= this.#counts.length) return
    this.#counts = grown(this.#counts, size)
    this.#means = grown(this.#means, size)
    this.#variances = grown(this.#variances, size)
  }
}

/** The statistics one row is about to change, so that learning it can be undone. */
class Before {
  #slots: Int32Array = new Int32Array(0)
  #saved: Float64Array = new Float64Array(24)

  keep(slots: Int32Array, counts: Float64Array, means: Float64Array, variances: Float64Array): void {
    this.#slots = slots
    this.#saved = grown(this.#saved, 3 * slots.length)
    const saved = this.#saved
    for (let index = 0; index < slots.length; index++) {
      const slot = slots[index]!
      saved[3 * index] = counts[slot]!
      saved[3 * index + 1] = means[slot]!
      saved[3 * index + 2] = variances[slot]!
    }
  }

  restore(counts: Float64Array, means: Float64Array, variances: Float64Array): void {
    for (const [index, slot] of this.#slots.entries()) {
      counts[slot] = this.#saved[3 * index]!
      means[slot] = this.#saved[3 * index + 1]!
      variances[slot] = this.#saved[3 * index + 2]!
    }
  }
}

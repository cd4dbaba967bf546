import { FeatureNames, featureNamesFrom } from './feature-names.ts'
import type { Features } from './learner.ts'
import { arraySize, roomFor } from './memory-size.ts'
import { resized, Row, unusedRow } from './row.ts'
import type { RowTransformer } from './row-step.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid } from './state-errors.ts'

const kind = 'StandardScaler'
/** Bytes of the objects. */
const fixedSize = 200

/**
 * Scales each feature to zero mean and unit variance by the running mean and population variance of the values seen so
 * far. A feature without variance, or never seen, becomes 0. Time O(names in x) a call, memory O(names seen).
 * @see Welford, "Note on a Method for Calculating Corrected Sums of Squares and Products", Technometrics 4(3), 1962.
 */
export class StandardScaler implements RowTransformer {
  readonly #withStd: boolean
  #names = new FeatureNames()
  readonly #row = new Row()
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
    const statistics = 3 * arraySize(this.#counts.byteLength) + this.#before.ownBytes(this.#names.layout.slots)
    return fixedSize + statistics + this.#row.ownBytes
  }

  bytesFor(names: number): number {
    const room = roomFor(names)
    const statistics = 3 * arraySize(8 * room) + arraySize(24 * room) + arraySize(4 * room)
    return fixedSize + statistics + unusedRow
  }

  useNames(names: FeatureNames): void {
    this.#names = names
  }

  transformOne(x: Features): Record<string, number> {
    const row = this.#names.read(x, this.#row)
    const out = new Row()
    this.transformRow(row, out)
    const { keys, positions } = out.layout
    return Object.fromEntries(keys.map((key, index) => [key, out.values[positions[index]!]!]))
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
    this.#fitNames()
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
    this.#fitNames()
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
    scaler.#fitNames()
    return scaler
  }

  /** Have room for the names known, and no more: those of a refused row are gone. */
  #fitNames(): void {
    const room = roomFor(this.#names.size)
    if (this.#counts.length === room) return
    this.#counts = resized(this.#counts, room)
    this.#means = resized(this.#means, room)
    this.#variances = resized(this.#variances, room)
  }
}

/** The statistics one row is about to change, so that learning it can be undone. */
class Before {
  #slots: Int32Array = new Int32Array(0)
  #saved: Float64Array = new Float64Array(0)

  /** @param counted slots that are counted elsewhere */
  ownBytes(counted: Int32Array): number {
    return (this.#slots === counted ? 0 : arraySize(this.#slots.byteLength)) + arraySize(this.#saved.byteLength)
  }

  keep(slots: Int32Array, counts: Float64Array, means: Float64Array, variances: Float64Array): void {
    this.#slots = slots
    if (this.#saved.length < 3 * slots.length) this.#saved = new Float64Array(3 * roomFor(slots.length))
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
    // The row may have had names that are forgotten now.
    this.#slots = new Int32Array(0)
    this.#saved = new Float64Array(0)
  }
}

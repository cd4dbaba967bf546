import { finite, integerWithin, learnable, optionError } from '@millrace/common'
import { FeatureNames, featureNamesFrom } from './feature-names.ts'
import type { Features, Regressor } from './learner.ts'
import { largestRow, Row } from './row.ts'
import type { RowRegressor, RowTransformer } from './row-step.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid } from './state-errors.ts'
import { stepRegressors, stepTransformers } from './step-restorers.ts'
import { restore } from './restorers.ts'

const kind = 'Pipeline'
/** Bytes of the object and its lists. */
const fixedSize = 50

/**
 * Transformers in front of a regressor. Predicting transforms with the statistics as they are. Learning lets each
 * transformer learn the row first and then transform it with the statistics just updated, so a row is scaled
 * differently when it is predicted and when it is learned (River's order since 0.19).
 */
export class Pipeline implements Regressor {
  readonly #transformers: readonly RowTransformer[]
  readonly #regressor: RowRegressor
  #names = new FeatureNames()
  readonly #row = new Row()
  readonly #rows: readonly Row[]

  /**
   * @param steps any number of transformers, then one regressor; none may have learned anything yet, nor be a step of
   *   another pipeline
   * @throws {MillraceError} MILL_OPTION_INVALID
   */
  constructor(...steps: [...RowTransformer[], RowRegressor]) {
    const regressor = steps.at(-1) as RowRegressor
    const transformers = steps.slice(0, -1) as RowTransformer[]
    if (new Set(steps).size < steps.length) throw optionError('steps', 'different objects', 'one of them twice')
    for (const step of steps) {
      if (step.names.size > 0) throw optionError('steps', 'steps that have learned nothing yet', 'a trained step')
      step.useNames(this.#names)
    }
    this.#transformers = transformers
    this.#regressor = regressor
    this.#rows = transformers.map(() => new Row())
  }

  get canPredict(): boolean {
    return this.#regressor.canPredict
  }

  /**
   * Learn at most `limit` different feature names, integer >= 1; without this, any number. A row that would add more is
   * refused with MILL_FEATURE_LIMIT. Memory grows with the names, with some regressors times the rows. Not part of the state.
   * @throws {MillraceError} MILL_OPTION_INVALID
   */
  limitNames(limit: number): void {
    this.#names.limit = integerWithin('limit', limit, 1)
  }

  /**
   * Take at most `bytes`, an integer; without this, any number. `memoryBytes` is never more after a row was learned or
   * refused: nearest neighbours forget the oldest rows, a forest forgets the nodes that are of least use, and a row with
   * new names is refused with MILL_MEMORY_LIMIT when there would be no room for them. Names are never forgotten. What is
   * too much already is forgotten at once. While it makes room it takes more for a moment: one tree, or the rows, twice.
   *
   * Not part of the state. A model restored from a state goes on bit for bit as the one that wrote it, when it gets the
   * same limit before the next row.
   * @throws {MillraceError} MILL_OPTION_INVALID for less than the model can do with: the names it knows, rows for all
   *   neighbours wanted, 15 nodes for each tree. Behind a scaler and before any name that is 7.2 kB for linear regression,
   *   10.2 kB for 5 neighbours and 61 kB for a forest of 10 trees
   */
  limitMemory(bytes: number): void {
    const regressor = this.#regressor
    this.#names.limitMemory({
      bytes,
      beside: names => this.#besideBytes(names),
      least: names => regressor.bytesFor(names)
    })
    regressor.shrink()
  }

  get memoryBytes(): number {
    let bytes = fixedSize + this.#names.memoryBytes + this.#row.ownBytes + this.#regressor.ownBytes
    for (const row of this.#rows) bytes += row.ownBytes
    for (const transformer of this.#transformers) bytes += transformer.ownBytes
    return bytes
  }

  /** The last step. */
  get regressor(): RowRegressor {
    return this.#regressor
  }

  predictOne(x: Features): number {
    let row = this.#names.read(x, this.#row)
    const isKept = row === this.#row
    for (let index = 0; index < this.#transformers.length; index++) {
      const out = isKept ? this.#rows[index]! : new Row()
      this.#transformers[index]!.transformRow(row, out)
      row = out
    }
    return finite('prediction', this.#regressor.predictRow(row))
  }

  learnOne(x: Features, y: number): void {
    learnable('target', y)
    const namesBefore = this.#names.size
    let learned = 0
    try {
      this.#names.intern(x, this.#row)
      let row = this.#row
      for (; learned < this.#transformers.length; learned++) {
        const out = this.#rows[learned]!
        const transformer = this.#transformers[learned]!
        transformer.learnRow(row)
        transformer.transformRow(row, out)
        row = out
      }
      this.#regressor.learnRow(row, y)
    } catch (error) {
      while (learned > 0) this.#transformers[--learned]!.undoLearnRow()
      this.#names.truncate(namesBefore)
      // They may have a name that is forgotten, or not have the layout that the names keep.
      for (const row of [this.#row, ...this.#rows]) row.clear()
      throw error
    }
  }

  /** Each step's state is whole, with the names once more, so that it can be read and restored on its own. */
  toState(): Uint8Array {
    return encodeState(kind, 1, {
      names: this.#names.list(),
      transformers: this.#transformers.map(step => step.toState()),
      regressor: this.#regressor.toState()
    })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): Pipeline {
    const state = decodeStateOf(source, kind, 1)
    const names = featureNamesFrom(state.strings('names'))
    const transformers = state.list('transformers').map(step => {
      if (!(step instanceof Uint8Array)) throw invalid('a transformer is not bytes')
      return restore(stepTransformers, step)
    })
    const regressor = restore(stepRegressors, state.bytes('regressor'))
    for (const step of [...transformers, regressor]) {
      if (!names.equals(step.names)) throw invalid('a step has other names than its pipeline')
    }
    return Pipeline.#restored(names, transformers, regressor)
  }

  /** The most that all but names and regressor takes while so many names are known. */
  #besideBytes(names: number): number {
    const rows = (1 + this.#rows.length) * largestRow(names)
    return this.#transformers.reduce((sum, step) => sum + step.bytesFor(names), fixedSize + rows)
  }

  static #restored(names: FeatureNames, transformers: RowTransformer[], regressor: RowRegressor): Pipeline {
    const empty = new FeatureNames()
    const steps: [...RowTransformer[], RowRegressor] = [...transformers, regressor]
    for (const step of steps) step.useNames(empty)
    const pipeline = new Pipeline(...steps)
    pipeline.#names = names
    for (const step of steps) step.useNames(names)
    return pipeline
  }
}

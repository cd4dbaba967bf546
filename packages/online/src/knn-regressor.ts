import { finite, integerWithin, nonNegative, oneOf } from '@millrace/common'
import { ExactNeighbors } from './exact-neighbors.ts'
import { FeatureNames, featureNamesFrom } from './feature-names.ts'
import type { Features } from './learner.ts'
import { arraySize, largestWithin, roomFor } from './memory-size.ts'
import { Row, unusedRow } from './row.ts'
import { learnNamed, limitAlone, type RowRegressor } from './row-step.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid, validated } from './state-errors.ts'

const kind = 'KnnRegressor'
const aggregations = ['mean', 'median', 'weighted_mean'] as const
const mostNeighbors = 10_000
const mostRows = 10_000_000
/** Bytes of the object and its options. */
const fixedSize = 200

/** How the targets of the neighbours become one number; weights are the inverse distances. */
export type KnnAggregation = (typeof aggregations)[number]

/** Settings of {@link KnnRegressor}. */
export interface KnnRegressorOptions {
  /** How many of the nearest rows answer; 1 to 10,000. */
  neighbors?: number
  /** How many rows are remembered, the latest; 1 to 10,000,000. */
  window?: number
  /** How the targets of the neighbours become one number. */
  aggregation?: KnnAggregation
  /** Only remember a row farther than this from every row remembered; >= 0, 0 remembers all. */
  minDistanceKeep?: number
}

/**
 * k-nearest-neighbours regression over the latest rows: the Euclidean distance over all names, a missing one counting as
 * 0, without scaling; of rows equally far the oldest is nearest. The search is exact. A row at distance 0 answers alone;
 * without any row the answer is 0.
 *
 * Time of a call: O(window · names / 32) to find the candidates, O(names) for each of them; the candidates are few
 * unless there are many features. Memory O(window · names seen), about 13 bytes a value.
 * @see Cover and Hart, "Nearest Neighbor Pattern Classification", IEEE Trans. Information Theory 13(1), 1967.
 */
export class KnnRegressor implements RowRegressor {
  readonly #options: Required<KnnRegressorOptions>
  #names = new FeatureNames()
  readonly #row = new Row()
  readonly #stored: ExactNeighbors
  /** A row by slot, 0 where it has no value. */
  #query: Float64Array = new Float64Array(0)

  /** @throws {MillraceError} MILL_OPTION_INVALID */
  constructor({ neighbors = 5, window = 1000, aggregation = 'mean', minDistanceKeep = 0 }: KnnRegressorOptions = {}) {
    this.#options = {
      neighbors: integerWithin('neighbors', neighbors, 1, mostNeighbors),
      window: integerWithin('window', window, 1, mostRows),
      aggregation: oneOf('aggregation', aggregation, aggregations),
      minDistanceKeep: nonNegative('minDistanceKeep', minDistanceKeep)
    }
    this.#stored = new ExactNeighbors(window, Math.min(neighbors, window))
  }

  /** Always true: with nothing stored the prediction is 0, and that counts. */
  get canPredict(): boolean {
    return true
  }

  get names(): FeatureNames {
    return this.#names
  }

  /** How many rows are remembered. */
  get size(): number {
    return this.#stored.window.size
  }

  get memoryBytes(): number {
    return this.ownBytes + this.#names.memoryBytes
  }

  get ownBytes(): number {
    return fixedSize + this.#stored.ownBytes + arraySize(this.#query.byteLength) + this.#row.ownBytes
  }

  /** With as many rows as neighbours are wanted. */
  bytesFor(names: number): number {
    return this.#bytesWith(this.#stored.distances.length, names)
  }

  limitMemory(bytes: number): void {
    limitAlone(this, bytes)
  }

  shrink(): void {
    const { window } = this.#stored
    const { size, room } = this.#names
    const { window: most } = this.#options
    const limit = room === Infinity ? most : largestWithin(room, most, rows => this.#bytesWith(rows, size))
    if (size > window.width || limit !== window.limit) this.#stored.reshape(Math.max(size, window.width), limit)
  }

  useNames(names: FeatureNames): void {
    this.#names = names
  }

  predictOne(x: Features): number {
    return this.predictRow(this.#names.read(x, this.#row))
  }

  learnOne(x: Features, y: number): void {
    learnNamed(this, this.#names, this.#row, x, y)
  }

  predictRow(row: Row): number {
    const known = this.#spread(row)
    const found = this.#stored.nearest(this.#query, squaresFrom(row, known))
    if (found === 0) return 0
    const { distances, positions, window } = this.#stored
    if (distances[0] === 0) return window.targets[positions[0]!]!
    if (this.#options.aggregation === 'median') return this.#median(found)
    if (this.#options.aggregation === 'mean' || distances[0] === Infinity) return this.#mean(found)
    return this.#weightedMean(found)
  }

  learnRow(row: Row, y: number): void {
    const { slots } = row.layout
    for (let index = 0; index < slots.length; index++) finite('feature', row.values[index]!)
    if (this.#stored.window.width < this.#names.size) this.shrink()
    this.#spread(row)
    const { minDistanceKeep } = this.#options
    if (minDistanceKeep > 0 && this.#stored.hasWithin(this.#query, minDistanceKeep)) return
    this.#stored.add(this.#query, y)
  }

  toState(): Uint8Array {
    const { values, targets } = this.#stored.window.oldestFirst()
    return encodeState(kind, 1, { options: { ...this.#options }, names: this.#names.list(), rows: values, targets })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): KnnRegressor {
    const state = decodeStateOf(source, kind, 1)
    const options = state.map('options')
    const model = validated(
      () =>
        new KnnRegressor({
          neighbors: options.number('neighbors'),
          window: options.number('window'),
          aggregation: oneOf('aggregation', options.string('aggregation'), aggregations),
          minDistanceKeep: options.number('minDistanceKeep')
        })
    )
    model.#names = featureNamesFrom(state.strings('names'))
    const width = model.#names.size
    const targets = state.finites('targets')
    const rows = state.finites('rows', targets.length * width)
    if (targets.length > model.#options.window) throw invalid('more rows than the window holds')
    model.#stored.reshape(width, model.#options.window)
    for (const [index, target] of targets.entries()) {
      model.#stored.add(rows.subarray(index * width, (index + 1) * width), target)
    }
    return model
  }

  /** The most bytes of the regressor, without names and row, when it may hold so many rows. */
  #bytesWith(rows: number, names: number): number {
    return fixedSize + this.#stored.bytesFor(rows, names) + arraySize(8 * roomFor(names)) + unusedRow
  }

  /** Write the known values of `row` to the query. Returns how many they are. */
  #spread(row: Row): number {
    const { width } = this.#stored.window
    const { slots } = row.layout
    if (this.#query.length < width) this.#query = new Float64Array(roomFor(width))
    const query = this.#query.fill(0)
    let index = 0
    for (; index < slots.length && slots[index]! < width; index++) query[slots[index]!] = row.values[index]!
    return index
  }

  #mean(found: number): number {
    let sum = 0
    for (let place = 0; place < found; place++) sum += this.#target(place)
    return sum / found
  }

  #median(found: number): number {
    const targets = Array.from({ length: found }, (_, place) => this.#target(place)).toSorted((a, b) => a - b)
    const upper = targets[found >>> 1]!
    return found % 2 === 1 ? upper : (targets[(found >>> 1) - 1]! + upper) / 2
  }

  /** At least one neighbour is not infinitely far. */
  #weightedMean(found: number): number {
    let sum = 0
    let weights = 0
    for (let place = 0; place < found; place++) {
      const distance = this.#stored.distances[place]!
      sum += this.#target(place) / distance
      weights += 1 / distance
    }
    return sum / weights
  }

  #target(place: number): number {
    return this.#stored.window.targets[this.#stored.positions[place]!]!
  }
}

/** Sum of the squares of a row's values from `first` on, whatever order they are in. */
function squaresFrom(row: Row, first: number): number {
  const { length } = row.layout.slots
  if (first === length) return 0
  const squares = row.values.slice(first, length).map(value => value * value)
  return squares.toSorted().reduce((sum, square) => sum + square, 0)
}

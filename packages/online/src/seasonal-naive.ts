import { integerWithin, learnable } from '@millrace/common'
import { FeatureNames } from './feature-names.ts'
import type { Features, Regressor } from './learner.ts'
import { arraySize, roomFor } from './memory-size.ts'
import { resized, Row } from './row.ts'
import { decodeStateOf, encodeState, type StateSource } from './state.ts'
import { invalid, validated } from './state-errors.ts'

const kind = 'SeasonalNaive'
/** Bytes of the object. */
const fixedSize = 60
const longestSeason = 10_000_000

/** Settings of {@link SeasonalNaive}. */
export interface SeasonalNaiveOptions {
  /** After how many rows the series repeats; an integer > 0, as 12 for months and years. */
  season: number
}

/**
 * Predicts the target learned one season ago: the baseline that any model of a seasonal series must beat. Features are
 * checked and otherwise ignored. Time O(names in x), memory O(season).
 */
export class SeasonalNaive implements Regressor {
  readonly #season: number
  readonly #names = new FeatureNames()
  readonly #row = new Row()
  /** The targets of the last season, a ring once it is full. */
  #targets: Float64Array = new Float64Array(0)
  /** How many targets there are. */
  #size = 0
  /** Where the oldest target of a full ring stands. */
  #oldest = 0

  /** @throws {MillraceError} MILL_OPTION_INVALID */
  constructor({ season }: SeasonalNaiveOptions) {
    this.#season = integerWithin('season', season, 1, longestSeason)
  }

  /** False during the first season. */
  get canPredict(): boolean {
    return this.#size === this.#season
  }

  get memoryBytes(): number {
    return fixedSize + arraySize(this.#targets.byteLength) + this.#row.ownBytes + this.#names.memoryBytes
  }

  predictOne(x: Features): number {
    this.#names.read(x, this.#row)
    return this.canPredict ? this.#targets[this.#oldest]! : 0
  }

  learnOne(x: Features, y: number): void {
    learnable('target', y)
    this.#names.read(x, this.#row)
    if (!this.canPredict) {
      this.#add(y)
      return
    }
    this.#targets[this.#oldest] = y
    this.#oldest = (this.#oldest + 1) % this.#season
  }

  toState(): Uint8Array {
    const length = this.#size
    const targets = Float64Array.from({ length }, (_, index) => this.#targets[(this.#oldest + index) % length]!)
    return encodeState(kind, 1, { season: this.#season, targets })
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromState(source: StateSource): SeasonalNaive {
    const state = decodeStateOf(source, kind, 1)
    const model = validated(() => new SeasonalNaive({ season: state.number('season') }))
    const targets = state.finites('targets')
    if (targets.length > model.#season) throw invalid('more targets than a season has')
    for (const target of targets) model.#add(target)
    return model
  }

  /** Of the first season. */
  #add(target: number): void {
    const room = Math.min(roomFor(this.#size + 1), this.#season)
    if (this.#targets.length < room) this.#targets = resized(this.#targets, room)
    this.#targets[this.#size++] = target
  }
}

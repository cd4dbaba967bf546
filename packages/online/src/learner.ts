/**
 * One observation's features: name to finite number. Names may come and go between observations; any text is a
 * name, `__proto__` and `constructor` included. Only own enumerable string keys count.
 */
export type Features = Readonly<Record<string, number>>

/** What every model that learns one observation at a time can do, whether it predicts numbers or transforms features. */
export interface Stateful {
  /**
   * The whole state, options included, as versioned, self-describing bytes ending in a CRC-32.
   * Equal states give equal bytes on every machine. Restore with the class's `fromState`, or with `learnerFromState`.
   */
  toState(): Uint8Array

  /**
   * Bytes that the object takes in the memory of the process at present, within 5 %: numbers, names, and what it keeps to
   * work fast. Names count in full, also where other objects of the process have the same ones. Cheap to read.
   */
  readonly memoryBytes: number
}

/** A model of a number that learns from one observation at a time. */
export interface Regressor extends Stateful {
  /**
   * False while nothing has been learned that a prediction could come from; `predictOne` then answers 0, and
   * progressive validation does not score the row.
   */
  readonly canPredict: boolean

  /**
   * The predicted target. Changes nothing, not even for names never seen.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE, naming the feature, or the prediction when
   *   that is beyond the range of a double
   */
  predictOne(x: Features): number

  /**
   * Learn that `x` had the target `y`. Leaves `x` alone.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE, MILL_FEATURE_LIMIT where a model cannot
   *   take more names, or MILL_MEMORY_LIMIT where they do not fit into its memory; with the model left as it was
   */
  learnOne(x: Features, y: number): void
}

/** A step that learns how to rescale or rewrite features, without looking at the target. */
export interface Transformer extends Stateful {
  /** The transformed features. Changes nothing. @throws {MillraceError} what {@link Regressor.predictOne} throws */
  transformOne(x: Features): Record<string, number>
  /** Learn from `x`. Leaves `x` alone. @throws {MillraceError} what {@link Regressor.learnOne} throws */
  learnOne(x: Features): void
}

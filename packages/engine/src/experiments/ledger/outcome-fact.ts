/** A text or number that a prediction or a label is: texts of numbers are numbers, other texts are known by a hash. */
export interface Said {
  readonly isText: boolean
  readonly value: number
}

/**
 * What somebody told of a unit or a request, as it is kept and passed on. Units, requests and ids are known by their
 * hashes, see TextHash; two zeros where there is none.
 */
export interface OutcomeFact {
  /** Undefined for all that know the unit or request. */
  readonly experiment: string | undefined
  readonly metric: string
  /** Hash of metric and id. */
  readonly id: HashPair
  readonly unit: HashPair
  readonly request: HashPair
  /** The arm of a unit that cannot come back, so that no exposure of it is kept; -1 for others. */
  readonly passingArm: number
  /** What it counts as; for a label, once the prediction is found. */
  readonly value: number
  /** A label whose prediction is not found yet. */
  readonly label: Said | undefined
  /** Tells, of two outcomes with the same id, whether they are the same. */
  readonly told: number
  /** When it was told, in milliseconds since 1970. */
  readonly time: number
}

/** A hash of 64 bits in two unsigned halves. */
export interface HashPair {
  readonly first: number
  readonly second: number
}

/** Where there is nothing to be hashed. */
export const noHash: HashPair = { first: 0, second: 0 }

/** An outcome is not counted for a unit that came to the experiment later than this after it: clocks differ. */
export const clockToleranceMs = 5000

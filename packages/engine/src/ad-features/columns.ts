/** One column of a feature matrix, computed from what is known of a request. */
export interface Column<Facts> {
  /** As in the model's metadata. */
  readonly name: string
  readonly value: (facts: Facts) => number
}

/** How many characters of a text count: what comes later changes nothing, so that no text costs much. */
export const readLength = 1024

/** The values of all columns, in order, as a model takes them. */
export function rowOf<Facts>(columns: readonly Column<Facts>[], facts: Facts): Float32Array {
  const row = new Float32Array(columns.length)
  for (let index = 0; index < row.length; index++) row[index] = columns[index]!.value(facts)
  return row
}

/** Columns `prefix_<choice>` that are 1 for the one choice that holds and 0 for the others. */
export function oneHot<Facts, Choice extends string | number>(
  prefix: string,
  choices: readonly Choice[],
  chosen: (facts: Facts) => Choice
): Column<Facts>[] {
  return choices.map(choice => ({ name: `${prefix}_${choice}`, value: facts => Number(chosen(facts) === choice) }))
}

/** The numbers from 0 up to `count`, without it. */
export function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

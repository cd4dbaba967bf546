import type { NamedTensor, TensorData } from '@millrace/runtime'

/** Up to which difference numbers count as the same: `absolute + relative * |live|`, as NumPy's `isclose` has it. */
export interface Tolerances {
  readonly absoluteTolerance: number
  readonly relativeTolerance: number
}

/** How one output of one answer differs. */
export interface OutputComparison {
  readonly output: string
  /** Values that were compared. */
  readonly compared: number
  readonly same: number
  readonly maxAbsolute: number
  readonly sumAbsolute: number
  /** Rows that have a class, and those of them that have the same one; undefined for an output of numbers. */
  readonly classes: { readonly rows: number; readonly agreeing: number } | undefined
}

/** Stands for the difference of a number and none: infinity has no place in JSON. */
const immeasurable = Number.MAX_VALUE

/**
 * Compares the answers of two versions by the names of their outputs. Outputs that the candidate has beyond those of the
 * live version are no matter. O(values).
 * @returns undefined when an output of the live version is missing in the other answer, or is of another type or shape
 */
export function compareOutputs(
  live: readonly NamedTensor[],
  candidate: readonly NamedTensor[],
  tolerances: Tolerances
): readonly OutputComparison[] | undefined {
  const comparisons: OutputComparison[] = []
  for (const one of live) {
    const other = candidate.find(({ name }) => name === one.name)
    if (other === undefined || !isLike(one, other)) return undefined
    comparisons.push(compare(one, other, tolerances))
  }
  return comparisons
}

/** FP32 and FP64 answer the same question; any other type is another answer. */
function isLike(live: NamedTensor, candidate: NamedTensor): boolean {
  if (live.datatype !== candidate.datatype && !(isFloat(live) && isFloat(candidate))) return false
  return live.shape.length === candidate.shape.length && live.shape.every((size, at) => size === candidate.shape[at])
}

function isFloat({ datatype }: NamedTensor): boolean {
  return datatype === 'FP32' || datatype === 'FP64'
}

function compare(live: NamedTensor, candidate: NamedTensor, tolerances: Tolerances): OutputComparison {
  const [compared, read] = [live.data.length, live.datatype === 'FP16' ? halfAt : numberAt]
  let [same, maxAbsolute, sumAbsolute] = [0, 0, 0]
  for (let at = 0; at < compared; at++) {
    const difference =
      live.datatype === 'BYTES'
        ? Number(live.data[at] !== candidate.data[at])
        : differenceOf(read(live.data, at), read(candidate.data, at))
    if (difference <= allowed(live, read, at, tolerances)) same++
    if (difference > maxAbsolute) maxAbsolute = difference
    sumAbsolute = Math.min(immeasurable, sumAbsolute + difference)
  }
  return { output: live.name, compared, same, maxAbsolute, sumAbsolute, classes: classesOf(live, candidate) }
}

function allowed(
  { datatype, data }: NamedTensor,
  read: typeof numberAt,
  at: number,
  { absoluteTolerance, relativeTolerance }: Tolerances
): number {
  if (datatype === 'BYTES') return 0
  const size = Math.abs(read(data, at))
  return Number.isFinite(size) ? absoluteTolerance + relativeTolerance * size : absoluteTolerance
}

function differenceOf(live: number, candidate: number): number {
  if (live === candidate || (Number.isNaN(live) && Number.isNaN(candidate))) return 0
  const difference = Math.abs(live - candidate)
  return Number.isFinite(difference) ? difference : immeasurable
}

function numberAt(data: TensorData, at: number): number {
  return Number(data[at])
}

/** IEEE 754 binary16 by its bits. */
function halfAt(data: TensorData, at: number): number {
  const bits = Number(data[at])
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent < 31
        ? (1 + fraction / 1024) * 2 ** (exponent - 15)
        : fraction === 0
          ? Infinity
          : NaN
  return bits >> 15 === 1 ? -size : size
}

/** A class a row: whole numbers and texts say it themselves, of probabilities it is the most likely one. */
function classesOf(live: NamedTensor, candidate: NamedTensor): OutputComparison['classes'] {
  const [rows = 1, columns = 1] = live.shape
  if (live.shape.length > 2) return undefined
  if (!live.datatype.startsWith('FP')) return columns === 1 ? labelsOf(live, candidate) : undefined
  if (live.datatype === 'FP16' || live.shape.length !== 2 || columns < 2 || !areProbabilities(live, columns)) {
    return undefined
  }
  let agreeing = 0
  for (let row = 0; row < rows; row++) {
    if (likeliest(live.data, row, columns) === likeliest(candidate.data, row, columns)) agreeing++
  }
  return { rows, agreeing }
}

function labelsOf(live: NamedTensor, candidate: NamedTensor): OutputComparison['classes'] {
  const rows = live.data.length
  let agreeing = 0
  for (let row = 0; row < rows; row++) if (live.data[row] === candidate.data[row]) agreeing++
  return { rows, agreeing }
}

/** Rows that are no probabilities may be off by what single precision leaves. */
const roundingOfSum = 1e-3

function areProbabilities({ data }: NamedTensor, columns: number): boolean {
  for (let start = 0; start < data.length; start += columns) {
    let sum = 0
    for (let at = start; at < start + columns; at++) {
      const value = Number(data[at])
      if (!(value >= -roundingOfSum && value <= 1 + roundingOfSum)) return false
      sum += value
    }
    if (Math.abs(sum - 1) > roundingOfSum) return false
  }
  return data.length > 0
}

function likeliest(data: TensorData, row: number, columns: number): number {
  let best = 0
  for (let column = 1; column < columns; column++) {
    if (Number(data[row * columns + column]) > Number(data[row * columns + best])) best = column
  }
  return best
}

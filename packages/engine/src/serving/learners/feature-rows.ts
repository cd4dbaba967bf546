import { MillraceError } from '@millrace/common'
import type { Features } from '@millrace/online'
import { elementCount, type NamedTensor, type TensorArrays } from '@millrace/runtime'

/** Name of the input that holds all features of a prediction in a row. */
export const matrixName = 'features'

/** Rows of features, read from tensors one at a time. */
export interface FeatureRows {
  readonly count: number
  readonly names: readonly string[]
  /** The same object each time, with the values of that row. @throws {MillraceError} MILL_INPUT_INVALID */
  read(row: number): Features
}

/** Reads an element as a number. */
type Reader = (index: number) => number

/**
 * What a learner is asked about: either an input `features` with a row for each prediction, or an input for each feature
 * with an element for each prediction.
 * @param featureNames names of the columns of `features`; `in_1`, `in_2` and so on unless given
 * @throws {MillraceError} MILL_INPUT_INVALID
 */
export function featureRows(inputs: readonly NamedTensor[], featureNames?: readonly string[]): FeatureRows {
  for (const input of inputs) checkElements(input)
  if (isMatrix(inputs)) return matrixRows(inputs[0]!, featureNames)
  if (featureNames !== undefined) {
    throw invalid(`feature names need one input, ${matrixName}, of two dimensions; got ${told(inputs)}`)
  }
  return columnRows(inputs)
}

/** Is this one input with a row of features for each prediction? */
export function isMatrix(inputs: readonly NamedTensor[]): boolean {
  return inputs.length === 1 && inputs[0]!.name === matrixName && inputs[0]!.shape.length === 2
}

function matrixRows(input: NamedTensor, featureNames: readonly string[] | undefined): FeatureRows {
  const [count, width] = input.shape as [number, number]
  const names = featureNames ?? Array.from({ length: width }, (_, column) => `in_${column + 1}`)
  if (names.length !== width) {
    throw invalid(`input ${matrixName} has ${width} columns, and there are ${names.length} feature names`)
  }
  const at = readerOf(input)
  return rows(count, names, (row, column) => at(row * width + column))
}

function columnRows(inputs: readonly NamedTensor[]): FeatureRows {
  if (inputs.length === 0) throw invalid('there is no input')
  const count = inputs[0]!.shape[0] ?? 0
  for (const { name, shape } of inputs) {
    if (shape.length === 0 || shape.length > 2 || (shape.length === 2 && shape[1] !== 1)) {
      throw invalid(`unexpected shape for input '${name}': a feature has [n] or [n,1], got [${shape.join(',')}]`)
    }
    if (shape[0] !== count) {
      throw invalid(`input '${name}' has ${shape[0]} elements, and '${inputs[0]!.name}' has ${count}`)
    }
  }
  const readers = inputs.map(readerOf)
  const names = inputs.map(({ name }) => name)
  return rows(count, names, (row, column) => readers[column]!(row))
}

function rows(count: number, names: readonly string[], at: (row: number, column: number) => number): FeatureRows {
  // Made of entries, so that `__proto__` is a name like any other.
  const features = Object.fromEntries(names.map(name => [name, 0]))
  if (Object.keys(features).length < names.length) {
    throw invalid(`feature ${names.find((name, index) => names.indexOf(name) < index)} is given twice`)
  }
  return {
    count,
    names,
    read(row) {
      for (let column = 0; column < names.length; column++) features[names[column]!] = at(row, column)
      return features
    }
  }
}

function readerOf({ name, datatype, data }: NamedTensor): Reader {
  if (datatype === 'BYTES') throw invalid(`input '${name}' holds texts, and a learner takes numbers`)
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const integers = data as TensorArrays['INT64' | 'UINT64']
    return index => exact(name, integers[index]!)
  }
  const numbers = data as TensorArrays['FP64']
  return datatype === 'FP16' ? index => fromHalf(numbers[index]!) : index => numbers[index]!
}

function exact(name: string, integer: bigint): number {
  const number = Number(integer)
  if (Number.isSafeInteger(number)) return number
  throw invalid(`input '${name}' has an integer that a double cannot hold for sure: beyond ±(2^53 - 1)`)
}

/** @see IEEE 754, binary16 */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

function checkElements({ name, shape, data }: NamedTensor): void {
  if (data.length === elementCount(shape)) return
  throw invalid(`input '${name}' of shape [${shape.join(',')}] has ${data.length} elements`)
}

function told(inputs: readonly NamedTensor[]): string {
  return inputs.map(({ name, shape }) => `${name} [${shape.join(',')}]`).join(', ') || 'none'
}

/** Builds the error for inputs that a learner cannot take. */
export function invalid(message: string): MillraceError {
  return new MillraceError('MILL_INPUT_INVALID', message)
}

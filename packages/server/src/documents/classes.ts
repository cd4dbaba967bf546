import { MillraceError } from '@millrace/common'
import type { InferReply, ServedVersion } from '@millrace/engine'
import type { NamedTensor, TensorSpec } from '@millrace/runtime'
import { onceForEach } from '../once-for-each.ts'

/** What a model says of each row. */
export interface Classes {
  /** The class: a number where it is one or has a place among the classes. The predicted value of a regression. */
  readonly labels: readonly (number | string)[]
  /** The probability of each class; no rows for a model that gives none. */
  readonly probabilities: readonly (readonly number[])[]
}

/** Reads classes and their probabilities out of an answer. @throws {MillraceError} MILL_UNSUPPORTED for a model without */
export function classesOf({ served, outputs }: InferReply): Classes {
  const { prediction, probabilities } = rolesOf(served)
  const chances = probabilities === undefined ? [] : rowsOf(outputNamed(outputs, probabilities))
  if (prediction === undefined) {
    return { labels: chances.map(row => labelOf(served, probabilities!, indexOfLargest(row))), probabilities: chances }
  }
  const output = outputNamed(outputs, prediction)
  const labels =
    output.datatype === 'BYTES'
      ? Array.from(output.data as readonly string[], label => labelFrom(served, label))
      : numbersOf(output)
  return { labels, probabilities: chances }
}

/** The numbers of an output that holds one for each row. @throws {MillraceError} MILL_UNSUPPORTED */
export function valuesOf({ outputs }: InferReply, name: string): readonly number[] {
  return numbersOf(outputNamed(outputs, name))
}

/** Which output means what. */
interface Roles {
  readonly prediction: string | undefined
  readonly probabilities: string | undefined
}

/** As the metadata say; else by type: classes are integers or texts, probabilities a matrix of numbers. */
const rolesOf = onceForEach(({ model, outputs, metadata }: ServedVersion): Roles => {
  const named = (name: string | undefined): string | undefined => outputs.find(output => output.name === name)?.name
  const first = (isIt: (output: TensorSpec) => boolean): string | undefined => outputs.find(isIt)?.name
  const probabilities = named(metadata.outputs.probabilities) ?? first(isMatrix)
  const prediction = named(metadata.outputs.prediction) ?? first(isLabel) ?? first(isValue)
  if (prediction === undefined && probabilities === undefined) {
    throw new MillraceError('MILL_UNSUPPORTED', `model ${model} has no output that holds predictions`, {
      details: { model }
    })
  }
  return { prediction, probabilities }
})

const labelTypes: readonly string[] = ['INT64', 'INT32', 'BYTES', 'UINT8', 'INT8', 'INT16', 'UINT16', 'BOOL']

function isLabel({ datatype, shape }: TensorSpec): boolean {
  return labelTypes.includes(datatype) && hasOneEach(shape)
}

function isValue({ datatype, shape }: TensorSpec): boolean {
  return (datatype === 'FP32' || datatype === 'FP64') && hasOneEach(shape)
}

function hasOneEach(shape: readonly number[]): boolean {
  return shape.length > 0 && shape.slice(1).every(size => size === 1)
}

function isMatrix({ datatype, shape }: TensorSpec): boolean {
  return (datatype === 'FP32' || datatype === 'FP64') && shape.length === 2 && shape[1] !== 1
}

function outputNamed(outputs: readonly NamedTensor[], name: string): NamedTensor {
  return outputs.find(output => output.name === name)!
}

/** A text that is a number, or one of the names of the classes, is told as a number. */
function labelFrom(served: ServedVersion, label: string): number | string {
  const number = Number(label)
  if (label.trim() !== '' && Number.isFinite(number)) return number
  const index = served.metadata.classNames.indexOf(label)
  return index === -1 ? label : index
}

/** The class at a place among the probabilities: as the file names it, else the place. */
function labelOf(served: ServedVersion, probabilities: string, index: number): number | string {
  const name = served.classLabels.get(probabilities)?.[index]
  const number = Number(name)
  return name !== undefined && name !== '' && Number.isFinite(number) ? number : index
}

function indexOfLargest(row: readonly number[]): number {
  return row.indexOf(Math.max(...row))
}

function rowsOf(tensor: NamedTensor): number[][] {
  const numbers = numbersOf(tensor)
  const rows = tensor.shape[0] ?? 0
  const columns = rows === 0 ? 0 : numbers.length / rows
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * columns, (row + 1) * columns))
}

function numbersOf({ name, datatype, data }: NamedTensor): number[] {
  if (datatype === 'BYTES' || datatype === 'FP16') {
    throw new MillraceError('MILL_UNSUPPORTED', `output ${name} of type ${datatype} holds no numbers that can be told`)
  }
  return Array.from(data as Exclude<typeof data, readonly string[]>, Number)
}

import { MillraceError } from '@millrace/common'
import type { Datatype, NamedTensor, TensorData } from '@millrace/runtime'
import { countOf, datatypeOf, decodeText, type RawInput } from '../protocols/raw-tensor.ts'
import type { InferTensorContents } from './messages.ts'

/**
 * The tensor whose elements are in the fields of a message.
 * @throws {MillraceError} MILL_INPUT_INVALID for a type without a field, elements in another field, too few or too many
 *   of them, or one that is out of the range of its type
 */
export function readTypedContents(input: RawInput, contents: InferTensorContents | null): NamedTensor {
  const datatype = datatypeOf(input)
  if (datatype === 'FP16') throw invalid(input, 'is of type FP16, whose elements can only be in raw_input_contents')
  const { field, read } = readers[datatype]
  checkOtherFields(input, field, contents)
  const elements = contents?.[field].length ?? 0
  const count = countOf(input)
  if (elements !== count) {
    throw invalid(input, `has the shape [${input.shape.join(',')}] and so ${count} elements, got ${elements}`)
  }
  return { name: input.name, datatype, shape: input.shape, data: read(contents ?? empty, input) }
}

type Field = keyof InferTensorContents

/** Where the elements of a type are, and how to take them. */
interface Reader {
  field: Field
  read(contents: InferTensorContents, input: RawInput): TensorData
}

type Read<Name extends Field> = (elements: InferTensorContents[Name], input: RawInput) => TensorData

function reader<Name extends Field>(field: Name, read: Read<Name>): Reader {
  return { field, read: (contents, input) => read(contents[field], input) }
}

type IntegerArray = Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

function integers(
  field: 'int_contents' | 'uint_contents',
  array: { from(elements: readonly number[]): IntegerArray }
): Reader {
  return reader(field, (elements, input) => inRange(input, elements, array.from(elements)))
}

const readers: Record<Exclude<Datatype, 'FP16'>, Reader> = {
  BOOL: reader('bool_contents', elements => Uint8Array.from(elements, Number)),
  INT8: integers('int_contents', Int8Array),
  INT16: integers('int_contents', Int16Array),
  INT32: integers('int_contents', Int32Array),
  INT64: reader('int64_contents', elements => BigInt64Array.from(elements, BigInt)),
  UINT8: integers('uint_contents', Uint8Array),
  UINT16: integers('uint_contents', Uint16Array),
  UINT32: integers('uint_contents', Uint32Array),
  UINT64: reader('uint64_contents', elements => BigUint64Array.from(elements, BigInt)),
  FP32: reader('fp32_contents', elements => Float32Array.from(elements)),
  FP64: reader('fp64_contents', elements => Float64Array.from(elements)),
  BYTES: reader('bytes_contents', (elements, input) => elements.map((bytes, index) => decodeText(input, index, bytes)))
}

const empty: InferTensorContents = {
  bool_contents: [],
  int_contents: [],
  int64_contents: [],
  uint_contents: [],
  uint64_contents: [],
  fp32_contents: [],
  fp64_contents: [],
  bytes_contents: []
}

/** Elements in a field that is not read would be left out silently. */
function checkOtherFields(input: RawInput, field: Field, contents: InferTensorContents | null): void {
  const other = Object.entries(contents ?? empty).find(([name, elements]) => name !== field && elements.length > 0)
  if (other !== undefined) throw invalid(input, `is of type ${input.datatype} and takes ${field}, got ${other[0]}`)
}

/** A number beyond the type comes out of its array as another. */
function inRange(input: RawInput, elements: readonly number[], data: IntegerArray): IntegerArray {
  const at = elements.findIndex((element, index) => element !== data[index])
  if (at < 0) return data
  throw invalid(input, `has ${elements[at]} at element ${at}, which is out of the range of ${input.datatype}`)
}

function invalid({ name }: RawInput, problem: string): MillraceError {
  return new MillraceError('MILL_INPUT_INVALID', `input '${name}' ${problem}`)
}

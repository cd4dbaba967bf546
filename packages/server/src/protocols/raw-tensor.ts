import { MillraceError } from '@millrace/common'
import {
  arrayTypes,
  type Datatype,
  datatypes,
  elementBytes,
  elementCount,
  type NamedTensor,
  type Tensor,
  type TensorData
} from '@millrace/runtime'

/** An input as a request names it, before its elements are read. */
export interface RawInput {
  readonly name: string
  readonly datatype: string
  /** Sizes of the dimensions, as the client gave them. */
  readonly shape: readonly number[]
}

/**
 * The tensor whose elements are in `bytes`: little-endian, row-major, without padding; BOOL one byte 0 or 1 each; BYTES
 * as four bytes of length and then a text in UTF-8 each. It shares no memory with `bytes`, wherever they are aligned.
 * Costs a copy, for BYTES a string each.
 * @throws {MillraceError} MILL_INPUT_INVALID for an unknown type, a bad shape, or bytes that do not fit them
 */
export function decodeRawTensor(input: RawInput, bytes: Uint8Array): NamedTensor {
  const datatype = datatypeOf(input)
  const count = countOf(input)
  const data = datatype === 'BYTES' ? decodeTexts(input, count, bytes) : decodeNumbers(input, datatype, count, bytes)
  return { name: input.name, datatype, shape: input.shape, data }
}

/** The bytes of a tensor's elements, as {@link decodeRawTensor} reads them. They share the tensor's memory, but for BYTES. */
export function encodeRawTensor({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>): Buffer {
  if (isTexts(data)) return encodeTexts(data)
  if (datatype === 'BYTES') throw new TypeError('a tensor of BYTES holds texts')
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}

/**
 * The type that a request names.
 * @throws {MillraceError} MILL_INPUT_INVALID for one that no model takes
 */
export function datatypeOf({ name, datatype }: Pick<RawInput, 'name' | 'datatype'>): Datatype {
  if (isDatatype(datatype)) return datatype
  throw invalid(
    `input '${name}' has the datatype ${JSON.stringify(datatype)}; it must be one of ${datatypes.join(', ')}`
  )
}

/**
 * How many elements the shape of an input stands for.
 * @throws {MillraceError} MILL_INPUT_INVALID for a size that is no whole number from 0 on
 */
export function countOf({ name, shape }: Pick<RawInput, 'name' | 'shape'>): number {
  if (shape.every(size => Number.isSafeInteger(size) && size >= 0)) return elementCount(shape)
  throw invalid(`input '${name}' has the shape ${shapeText(shape)}; each size must be a whole number from 0 on`)
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * One element of BYTES.
 * @throws {MillraceError} MILL_INPUT_INVALID when it is not UTF-8
 */
export function decodeText({ name }: Pick<RawInput, 'name'>, index: number, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (error) {
    throw new MillraceError('MILL_INPUT_INVALID', `input '${name}' is not UTF-8 at element ${index}`, { cause: error })
  }
}

function isDatatype(text: string): text is Datatype {
  return (datatypes as readonly string[]).includes(text)
}

function isTexts(data: TensorData): data is readonly string[] {
  return Array.isArray(data)
}

function decodeNumbers(
  input: RawInput,
  datatype: Exclude<Datatype, 'BYTES'>,
  count: number,
  bytes: Uint8Array
): TensorData {
  const expected = count * elementBytes[datatype]!
  if (bytes.byteLength !== expected) {
    throw invalid(
      `input byte size mismatch for input '${input.name}': ${datatype} of shape ${shapeText(input.shape)} takes ${expected} bytes, got ${bytes.byteLength}`
    )
  }
  const copy = new Uint8Array(expected)
  copy.set(bytes)
  if (datatype === 'BOOL') checkBooleans(input, copy)
  return new arrayTypes[datatype](copy.buffer)
}

/** Another byte than these would be a truth value that C++ does not define. */
function checkBooleans({ name }: RawInput, bytes: Uint8Array): void {
  const at = bytes.findIndex(byte => byte > 1)
  if (at >= 0) throw invalid(`input '${name}' has the byte ${bytes[at]} at element ${at}; BOOL is 0 or 1`)
}

function decodeTexts(input: RawInput, count: number, bytes: Uint8Array): string[] {
  // A count that cannot be right must not cost memory.
  if (count * 4 > bytes.byteLength) throw tooFewTexts(input, count, bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const texts: string[] = []
  let at = 0
  while (texts.length < count) {
    if (at + 4 > bytes.byteLength) throw tooFewTexts(input, count, bytes)
    const end = at + 4 + view.getUint32(at, true)
    if (end > bytes.byteLength) throw tooFewTexts(input, count, bytes)
    texts.push(decodeText(input, texts.length, bytes.subarray(at + 4, end)))
    at = end
  }
  if (at === bytes.byteLength) return texts
  throw invalid(
    `input byte size mismatch for input '${input.name}': its ${count} texts end at byte ${at} of ${bytes.byteLength}`
  )
}

function tooFewTexts({ name, shape }: RawInput, count: number, bytes: Uint8Array): MillraceError {
  return invalid(
    `input byte size mismatch for input '${name}': its ${bytes.byteLength} bytes do not hold the ${count} texts of shape ${shapeText(shape)}`
  )
}

function encodeTexts(texts: readonly string[]): Buffer {
  const lengths = texts.map(text => Buffer.byteLength(text))
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length + 4, 0))
  let at = 0
  for (const [index, text] of texts.entries()) {
    at = bytes.writeUInt32LE(lengths[index]!, at)
    at += bytes.write(text, at)
  }
  return bytes
}

function shapeText(shape: readonly number[]): string {
  return `[${shape.join(',')}]`
}

function invalid(message: string): MillraceError {
  return new MillraceError('MILL_INPUT_INVALID', message)
}

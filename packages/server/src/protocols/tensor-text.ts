import type { NamedTensor, Tensor, TensorArrays } from '@millrace/runtime'

/**
 * The elements of a tensor as JSON, separated by commas, without brackets: integers of 64 bits with all their digits,
 * `NaN` and infinities as the words that Python reads. Numbers of FP32 and FP16 are written as the doubles they equal.
 */
export function elementsText(tensor: Pick<Tensor, 'datatype' | 'data'>): string {
  const { datatype, data } = tensor
  return datatype === 'BYTES' || datatype === 'BOOL' || datatype === 'FP16'
    ? elementList(tensor).join()
    : (data as TensorArrays['FP32']).join()
}

/** The tensor as JSON, in lists nested as its shape is; a bare element where it has no dimension. */
export function nestedText(tensor: NamedTensor): string {
  return nest(namedElements(tensor), tensor.shape, 0)
}

/** The rows of a tensor as JSON, each nested as the rest of the shape is. */
export function rowTexts(tensor: NamedTensor): string[] {
  const [rows = 1, ...rest] = tensor.shape
  const elements = namedElements(tensor)
  const width = rows === 0 ? 0 : elements.length / rows
  return Array.from({ length: rows }, (_, row) => nest(elements, rest, row * width))
}

/** TensorFlow Serving writes texts in base64 where the name of the tensor says that they are bytes. */
function namedElements(tensor: NamedTensor): string[] {
  if (tensor.datatype !== 'BYTES' || !tensor.name.endsWith('_bytes')) return elementList(tensor)
  return (tensor.data as TensorArrays['BYTES']).map(text => `{"b64":"${Buffer.from(text).toString('base64')}"}`)
}

/** Each element as JSON. */
export function elementList({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>): string[] {
  if (datatype === 'BYTES') return (data as TensorArrays['BYTES']).map(text => JSON.stringify(text))
  if (datatype === 'BOOL') return Array.from(data as TensorArrays['BOOL'], byte => String(byte !== 0))
  if (datatype === 'FP16') return Array.from(halves(data as TensorArrays['FP16']), String)
  return Array.from(data as TensorArrays['FP32'], String)
}

/** The numbers of halves that are given as bits. */
export function halves({ buffer, byteOffset, length }: TensorArrays['FP16']): Float16Array {
  return new Float16Array(buffer, byteOffset, length)
}

function nest(elements: readonly string[], shape: readonly number[], at: number): string {
  const [size, ...rest] = shape
  if (size === undefined) return elements[at] ?? 'null'
  const step = rest.reduce((product, one) => product * one, 1)
  if (rest.length === 0) return `[${elements.slice(at, at + size).join()}]`
  return `[${Array.from({ length: size }, (_, index) => nest(elements, rest, at + index * step)).join()}]`
}

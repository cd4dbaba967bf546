import { type AnyArray, sliceOf, zeros } from './array-types.ts'
import type { Tensor, TensorData } from './tensor.ts'

/** Some rows of a tensor, as a tensor of its own. Rows are along the first dimension. */
export function rowsOf({ datatype, shape, data }: Tensor, start: number, count: number): Tensor {
  const rowLength = data.length / shape[0]!
  const sizes = [...shape]
  sizes[0] = count
  return { datatype, shape: sizes, data: sliceOf(data, start * rowLength, (start + count) * rowLength) }
}

/** The rows of several tensors below each other, in an array of its own. */
export function joinRows(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors as readonly [Tensor]
  const sizes = [...first.shape]
  sizes[0] = tensors.reduce((sum, { shape }) => sum + shape[0]!, 0)
  return { datatype: first.datatype, shape: sizes, data: joinData(tensors) }
}

function joinData(tensors: readonly Tensor[]): TensorData {
  const { datatype } = tensors[0]!
  if (datatype === 'BYTES') return tensors.flatMap(({ data }) => data as readonly string[])
  const length = tensors.reduce((sum, { data }) => sum + data.length, 0)
  return filled(zeros(datatype, length), tensors) as unknown as TensorData
}

function filled(array: AnyArray, tensors: readonly Tensor[]): AnyArray {
  let offset = 0
  for (const { data } of tensors) {
    array.set(data as unknown as AnyArray, offset)
    offset += data.length
  }
  return array
}

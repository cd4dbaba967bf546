/**
 * Types of tensor elements, by their names in the Open Inference Protocol. BYTES are texts: an ONNX string tensor.
 * @see https://github.com/kserve/open-inference-protocol
 */
export const datatypes = [
  'BOOL',
  'UINT8',
  'UINT16',
  'UINT32',
  'UINT64',
  'INT8',
  'INT16',
  'INT32',
  'INT64',
  'FP16',
  'FP32',
  'FP64',
  'BYTES'
] as const

/** One of {@link datatypes}. */
export type Datatype = (typeof datatypes)[number]

/** What holds the elements of each type: BOOL one byte 0 or 1 each, FP16 the 16 bits of each number. */
export interface TensorArrays {
  BOOL: Uint8Array
  UINT8: Uint8Array
  UINT16: Uint16Array
  UINT32: Uint32Array
  UINT64: BigUint64Array
  INT8: Int8Array
  INT16: Int16Array
  INT32: Int32Array
  INT64: BigInt64Array
  FP16: Uint16Array
  FP32: Float32Array
  FP64: Float64Array
  BYTES: readonly string[]
}

/** What holds the elements of a tensor. */
export type TensorData = TensorArrays[Datatype]

/** An n-dimensional array. */
export interface Tensor {
  readonly datatype: Datatype
  /** Sizes of the dimensions; none for a single element, 0 where a dimension is empty. */
  readonly shape: readonly number[]
  /** The elements in row-major order: as many as the product of the shape. */
  readonly data: TensorData
}

/** A tensor by the name it has in a model. */
export interface NamedTensor extends Tensor {
  readonly name: string
}

/** What a model takes or gives. */
export interface TensorSpec {
  readonly name: string
  readonly datatype: Datatype
  /** Sizes of the dimensions; -1 where any size will do. */
  readonly shape: readonly number[]
}

/** Bytes of one element; undefined for BYTES, whose elements differ. */
export const elementBytes: Readonly<Record<Datatype, number | undefined>> = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  FP32: 4,
  FP64: 8,
  BYTES: undefined
}

/** Elements of a tensor of this shape. */
export function elementCount(shape: readonly number[]): number {
  let count = 1
  for (const size of shape) count *= size
  return count
}

import type { Datatype, TensorData } from './tensor.ts'

/** Makes arrays of numbers, or of big integers. */
export type ArrayType =
  | Uint8ArrayConstructor
  | Uint16ArrayConstructor
  | Uint32ArrayConstructor
  | BigUint64ArrayConstructor
  | Int8ArrayConstructor
  | Int16ArrayConstructor
  | Int32ArrayConstructor
  | BigInt64ArrayConstructor
  | Float32ArrayConstructor
  | Float64ArrayConstructor

/** What holds the elements of each type but BYTES. */
export const arrayTypes = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array
} as const satisfies Record<Exclude<Datatype, 'BYTES'>, ArrayType>

/** Any array of numbers, seen as one whose elements may be anything that fits. */
export interface AnyArray {
  readonly length: number
  [index: number]: number | bigint
  set(values: ArrayLike<number | bigint>, offset?: number): void
  subarray(start: number, end: number): AnyArray
}

/** An array of `length` zeros. */
export const zeros = (datatype: Exclude<Datatype, 'BYTES'>, length: number): AnyArray =>
  new arrayTypes[datatype](length)

/** Whether `data` is what holds elements of that type. */
export function isArrayOf(datatype: Datatype, data: TensorData): boolean {
  return datatype === 'BYTES' ? Array.isArray(data) : data instanceof arrayTypes[datatype]
}

/** Some of the elements, as an array of its own. */
export const sliceOf = (data: TensorData, start: number, end: number): TensorData =>
  (data as Float32Array).slice(start, end)

import type { Datatype, TensorArrays } from '@millrace/runtime'

/** Types of elements that have a size. */
export type NumberType = Exclude<Datatype, 'BYTES'>

/** Some memory, seen in every way that it is read and written. */
export interface Memory {
  readonly bytes: Buffer
  readonly view: DataView
  /** The same memory as elements of each type. */
  readonly arrays: { readonly [Type in NumberType]: TensorArrays[Type] }
}

/** What begins at a multiple of this many bytes can be seen as elements of any type. */
export const alignment = 8

/** The next multiple of {@link alignment}. */
export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment
}

/** @param buffer of a length that is a multiple of {@link alignment} */
export function memoryOf(buffer: ArrayBuffer): Memory {
  const [bytes, halves] = [new Uint8Array(buffer), new Uint16Array(buffer)]
  return {
    bytes: Buffer.from(buffer),
    view: new DataView(buffer),
    arrays: {
      BOOL: bytes,
      UINT8: bytes,
      UINT16: halves,
      UINT32: new Uint32Array(buffer),
      UINT64: new BigUint64Array(buffer),
      INT8: new Int8Array(buffer),
      INT16: new Int16Array(buffer),
      INT32: new Int32Array(buffer),
      INT64: new BigInt64Array(buffer),
      FP16: halves,
      FP32: new Float32Array(buffer),
      FP64: new Float64Array(buffer)
    }
  }
}

import type { NamedTensor } from '@millrace/runtime'

/** One of each type, with what is lost first: NaNs with a payload, -0, large integers, halves of surrogate pairs. */
export const answerOfEveryType: readonly NamedTensor[] = [
  { name: 'bool', datatype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) },
  { name: 'u8', datatype: 'UINT8', shape: [1, 3], data: Uint8Array.of(0, 7, 255) },
  { name: 'u16', datatype: 'UINT16', shape: [1], data: Uint16Array.of(65_535) },
  { name: 'u32', datatype: 'UINT32', shape: [], data: Uint32Array.of(4_294_967_295) },
  { name: 'u64', datatype: 'UINT64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { name: 'i8', datatype: 'INT8', shape: [1], data: Int8Array.of(-128) },
  { name: 'i16', datatype: 'INT16', shape: [1], data: Int16Array.of(-32_768) },
  { name: 'i32', datatype: 'INT32', shape: [1], data: Int32Array.of(-(2 ** 31)) },
  { name: 'i64', datatype: 'INT64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n) },
  { name: 'half', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x7e01) },
  { name: 'float', datatype: 'FP32', shape: [2], data: new Float32Array(Uint32Array.of(0x7f800001, 1 << 31).buffer) },
  { name: 'double', datatype: 'FP64', shape: [2], data: Float64Array.of(-0, 5e-324) },
  { name: 'text', datatype: 'BYTES', shape: [4], data: ['', 'é', '\uD800', 'a\0日本'] },
  { name: 'none', datatype: 'FP32', shape: [0, 5], data: new Float32Array(0) }
]

/** The typed arrays that a state can hold. */
export type NumberArray = Float64Array | Int32Array | Uint32Array

const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/**
 * Copy the numbers of `array` to `bytes` from `start` on, the lowest byte of each first, whatever the machine's order.
 * NaN has many bit patterns; one of them is written, so that equal numbers give equal bytes.
 */
export function writeNumbers(array: NumberArray, bytes: Uint8Array, start: number): void {
  const written = bytes.subarray(start, start + array.byteLength)
  written.set(bytesOf(array))
  if (!isLittleEndian) swapBytes(written, array.BYTES_PER_ELEMENT)
  if (array instanceof Float64Array) unifyNaN(array, written)
}

/** Fill `array` with the numbers that stand in `bytes` from `start` on. */
export function readNumbers(array: NumberArray, bytes: Uint8Array, start: number): void {
  const read = bytesOf(array)
  read.set(bytes.subarray(start, start + array.byteLength))
  if (!isLittleEndian) swapBytes(read, array.BYTES_PER_ELEMENT)
}

/** Turn round the bytes of each number, which has `size` of them. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start < bytes.length; start += size) bytes.subarray(start, start + size).reverse()
}

function unifyNaN(array: Float64Array, written: Uint8Array): void {
  const view = new DataView(written.buffer, written.byteOffset, written.byteLength)
  for (let index = 0; index < array.length; index++) {
    if (Number.isNaN(array[index]!)) view.setBigUint64(8 * index, 0x7ff8000000000000n, true)
  }
}

function bytesOf(array: NumberArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength)
}

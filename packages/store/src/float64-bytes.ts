const valueBytes = 8

/** Numbers as little-endian float64, one after the other: every one comes back bit for bit. */
export function toFloat64Bytes(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * valueBytes)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) view.setFloat64(index * valueBytes, value, true)
  return bytes
}

/** The numbers of which {@link toFloat64Bytes} made the bytes; of those from `start` on, at most `count`. */
export function fromFloat64Bytes(bytes: Uint8Array, start = 0, count = Infinity): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = Math.max(0, Math.min(count, bytes.length / valueBytes - start))
  return Array.from({ length }, (_, index) => view.getFloat64((start + index) * valueBytes, true))
}

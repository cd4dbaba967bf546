import type { NamedTensor } from '@millrace/runtime'

/** Bytes of the objects around an answer, and around each tensor and text in it, as V8 lays them out. */
const entryBytes = 250
const tensorBytes = 350
const textBytes = 32

/** Arrays up to this many bytes are kept in V8's heap, at a tenth of what others take. */
const smallBytes = 64

/**
 * Tensors as they are to be kept. Small ones are copied, and so are those that are part of larger memory, as a row of a
 * batch may be, which would be kept with them.
 */
export function compact(outputs: readonly NamedTensor[]): readonly NamedTensor[] {
  return outputs.map(output => (isCompact(output) ? output : { ...output, data: output.data.slice() }))
}

/** Bytes that an answer takes in memory, about. */
export function sizeOfAnswer(outputs: readonly NamedTensor[]): number {
  let size = entryBytes
  for (const { name, shape, data } of outputs) {
    size += tensorBytes + 2 * name.length + 8 * shape.length
    if (ArrayBuffer.isView(data)) size += data.byteLength
    else for (const text of data) size += textBytes + 2 * text.length
  }
  return size
}

function isCompact({ data }: NamedTensor): boolean {
  if (!ArrayBuffer.isView(data)) return true
  return data.byteLength > smallBytes && data.byteLength === data.buffer.byteLength
}

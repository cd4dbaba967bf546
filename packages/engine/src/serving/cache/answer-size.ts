import type { NamedTensor } from '@millrace/runtime'

/** Bytes of the objects around an answer, and around each tensor and text in it, as V8 lays them out. */
const entryBytes = 250
const tensorBytes = 350
const textBytes = 32

/**
 * Tensors as they are to be kept: those that are a small part of larger memory, as a row of a batch may be, are copied,
 * so that it is not kept with them.
 */
export function compact(outputs: readonly NamedTensor[]): readonly NamedTensor[] {
  return outputs.every(isCompact) ? outputs : outputs.map(output => (isCompact(output) ? output : copied(output)))
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
  return !ArrayBuffer.isView(data) || data.byteLength === data.buffer.byteLength
}

function copied(output: NamedTensor): NamedTensor {
  return { ...output, data: output.data.slice() }
}

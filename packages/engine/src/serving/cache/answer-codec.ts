import { crc32 } from 'node:zlib'
import type { NamedTensor } from '@millrace/runtime'
import { aligned, memoryOf } from './memory.ts'
import { TensorReader, unreadable } from './tensor-reader.ts'
import { byteOrder, TensorWriter } from './tensor-writer.ts'

/** The first bytes of an answer that is kept; the last of them is the version of the format. */
const magic = [0x4d, 0x4c, 0x41, 1]
const checksumBytes = 4

/** An answer as bytes for other processes: the key of its question, the tensors, and a checksum of all of it. */
export function encodeAnswer(key: string, outputs: readonly NamedTensor[]): Uint8Array {
  const writer = new TensorWriter()
  for (const byte of magic) writer.byte(byte)
  writer.byte(byteOrder)
  writer.text(key)
  writer.tensors(outputs)
  writer.uint32(crc32(writer.written()))
  return writer.written()
}

/**
 * The answer in bytes that {@link encodeAnswer} made for this very question.
 * @throws {MillraceError} MILL_DATA_INVALID for anything else
 */
export function decodeAnswer(key: string, bytes: Uint8Array): readonly NamedTensor[] {
  const end = checkedEnd(bytes)
  // In other memory, where elements lie as they must.
  const memory = memoryOf(new ArrayBuffer(aligned(end)))
  memory.bytes.set(bytes.subarray(0, end))
  const reader = new TensorReader(memory)
  reader.goTo(memory, 0, end)
  for (const byte of magic) if (reader.byte() !== byte) throw unreadable('it is of another format')
  if (reader.byte() !== byteOrder) throw unreadable('it was written by another kind of machine')
  if (reader.text() !== key) throw unreadable('it belongs to another question')
  const outputs = reader.tensors()
  reader.checkEnd()
  return outputs
}

/** Where the checksum begins, which must hold for all before it. */
function checkedEnd(bytes: Uint8Array): number {
  const end = bytes.byteLength - checksumBytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isWhole = end >= 0 && crc32(bytes.subarray(0, end)) === view.getUint32(end)
  if (!isWhole) throw unreadable('its checksum does not hold')
  return end
}

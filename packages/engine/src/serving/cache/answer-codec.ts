import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/common'
import { type Datatype, elementBytes, elementCount, type NamedTensor, type TensorArrays } from '@millrace/runtime'
import { alignment, byteOrder, datatypeCodes, TensorWriter } from './tensor-writer.ts'

/** The first bytes of an answer that is kept; the last of them is the version of the format. */
const magic = [0x4d, 0x4c, 0x41, 1]
const checksumBytes = 4

type NumberType = Exclude<Datatype, 'BYTES'>

/** Makes an array for elements of each type. */
const arrays: { readonly [Type in NumberType]: (buffer: ArrayBuffer) => TensorArrays[Type] } = {
  BOOL: buffer => new Uint8Array(buffer),
  UINT8: buffer => new Uint8Array(buffer),
  UINT16: buffer => new Uint16Array(buffer),
  UINT32: buffer => new Uint32Array(buffer),
  UINT64: buffer => new BigUint64Array(buffer),
  INT8: buffer => new Int8Array(buffer),
  INT16: buffer => new Int16Array(buffer),
  INT32: buffer => new Int32Array(buffer),
  INT64: buffer => new BigInt64Array(buffer),
  FP16: buffer => new Uint16Array(buffer),
  FP32: buffer => new Float32Array(buffer),
  FP64: buffer => new Float64Array(buffer)
}

const typesByCode = new Map(Object.entries(datatypeCodes).map(([datatype, code]) => [code, datatype as Datatype]))

/** An answer as bytes: the key of its question, the tensors, and a checksum of all of it. */
export function encodeAnswer(key: string, outputs: readonly NamedTensor[]): Uint8Array {
  const writer = new TensorWriter()
  for (const byte of magic) writer.byte(byte)
  writer.byte(byteOrder)
  writer.text(key)
  writer.uint32(outputs.length)
  for (const output of outputs) writer.tensor(output)
  writer.uint32(crc32(writer.written()))
  return writer.written()
}

/**
 * The answer in bytes that {@link encodeAnswer} made for this very question.
 * @throws {MillraceError} MILL_DATA_INVALID for anything else
 */
export function decodeAnswer(key: string, bytes: Uint8Array): readonly NamedTensor[] {
  const reader = new AnswerReader(bytes)
  reader.checkSum()
  for (const byte of magic) if (reader.byte() !== byte) throw unreadable('it is of another format')
  if (reader.byte() !== byteOrder) throw unreadable('it was written by another kind of machine')
  if (reader.text() !== key) throw unreadable('it belongs to another question')
  const outputs = Array.from({ length: reader.uint32() }, () => reader.tensor())
  reader.checkEnd()
  return outputs
}

/** Reads what a `TensorWriter` wrote; what lies beyond the end cannot be read. */
class AnswerReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  /** Where the checksum begins. */
  readonly #end: number
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#end = bytes.byteLength - checksumBytes
  }

  checkSum(): void {
    const isWhole = this.#end >= 0 && crc32(this.#bytes.subarray(0, this.#end)) === this.#view.getUint32(this.#end)
    if (!isWhole) throw unreadable('its checksum does not hold')
  }

  checkEnd(): void {
    if (this.#offset !== this.#end) throw unreadable('there are bytes after its end')
  }

  byte(): number {
    return this.#view.getUint8(this.#take(1))
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  text(): string {
    const marked = this.uint32()
    const isWide = marked % 2 === 1
    const units = Math.floor(marked / 2)
    const start = this.#take(isWide ? 2 * units : units)
    const bytes = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + start, this.#offset - start)
    return bytes.toString(isWide ? 'utf16le' : 'latin1')
  }

  tensor(): NamedTensor {
    const name = this.text()
    const datatype = typesByCode.get(this.byte())
    if (datatype === undefined) throw unreadable('it has a tensor of an unknown type')
    const shape = Array.from({ length: this.uint32() }, () => this.#view.getFloat64(this.#take(8)))
    const data = datatype === 'BYTES' ? this.#texts() : this.#numbers(datatype)
    if (data.length !== elementCount(shape)) throw unreadable('a tensor does not have the size of its shape')
    return { name, datatype, shape, data }
  }

  #texts(): string[] {
    return Array.from({ length: this.uint32() }, () => this.text())
  }

  #numbers(datatype: NumberType): TensorArrays[NumberType] {
    const length = this.uint32()
    if (length % elementBytes[datatype]! !== 0) throw unreadable('a tensor ends within an element')
    while (this.#offset % alignment > 0) if (this.byte() !== 0) throw unreadable('there is something between its parts')
    const start = this.#take(length)
    // In memory of its own, where elements lie as they must.
    return arrays[datatype](new Uint8Array(this.#bytes.subarray(start, start + length)).buffer)
  }

  #take(length: number): number {
    const start = this.#offset
    if (length > this.#end - start) throw unreadable('it ends too early')
    this.#offset = start + length
    return start
  }
}

function unreadable(reason: string): MillraceError {
  return new MillraceError('MILL_DATA_INVALID', `a kept answer cannot be used: ${reason}`)
}

import { endianness } from 'node:os'
import type { Datatype, NamedTensor, TensorArrays } from '@millrace/runtime'
import { aligned, alignment, type Memory, memoryOf, type NumberType } from './memory.ts'

/** Numbers that stand for the types; they are part of what is kept, and never change. */
export const datatypeCodes: Readonly<Record<Datatype, number>> = {
  BOOL: 1,
  UINT8: 2,
  UINT16: 3,
  UINT32: 4,
  UINT64: 5,
  INT8: 6,
  INT16: 7,
  INT32: 8,
  INT64: 9,
  FP16: 10,
  FP32: 11,
  FP64: 12,
  BYTES: 13
}

/** Elements of tensors are written as this machine has them; what another one wrote has another mark. */
export const byteOrder = endianness() === 'LE' ? 1 : 2

/** Memory that is kept from one use to the next. */
const keptBytes = 65_536

/**
 * Writes texts, numbers and tensors into memory that it uses again, so that different things never look the same: each
 * has a length or a type before it.
 */
export class TensorWriter {
  #memory = unsetMemory(4096)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Keep the first `length` bytes that are written, and go on after them. */
  goBack(length: number): void {
    this.#length = length
    if (this.#memory.bytes.length > keptBytes && length <= keptBytes) this.#resize(keptBytes)
  }

  /** What is written, in memory that will be written over. */
  written(): Uint8Array {
    return new Uint8Array(this.#memory.bytes.buffer, 0, this.#length)
  }

  /** @param start a multiple of the alignment, or what is read there is not what was written */
  copyTo(bytes: Buffer, start: number): void {
    this.#memory.bytes.copy(bytes, start, 0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#memory.bytes[this.#length++] = value
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#memory.view.setUint32(this.#length, value)
    this.#length += 4
  }

  /** Any number. */
  double(value: number): void {
    this.#reserve(8)
    this.#memory.view.setFloat64(this.#length, value)
    this.#length += 8
  }

  /**
   * Any text, half a surrogate pair too: twice the number of UTF-16 code units, plus 1 for wide; then the units, one byte
   * each where all are below 256, else two.
   */
  text(text: string): void {
    const { length } = text
    this.#reserve(2 * length + 4)
    const { bytes } = this.#memory
    const start = this.#length
    let at = start + 4
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0xff) return this.#wide(text)
      bytes[at++] = unit
    }
    this.#memory.view.setUint32(start, 2 * length)
    this.#length = at
  }

  tensors(tensors: readonly NamedTensor[]): void {
    this.uint32(tensors.length)
    for (const tensor of tensors) this.tensor(tensor)
  }

  tensor({ name, datatype, shape, data }: NamedTensor): void {
    this.text(name)
    this.byte(datatypeCodes[datatype])
    this.uint32(shape.length)
    for (let index = 0; index < shape.length; index++) this.double(shape[index]!)
    if (datatype === 'BYTES') this.#texts(data as TensorArrays['BYTES'])
    else this.#elements(datatype, data as TensorArrays[NumberType])
  }

  #texts(texts: readonly string[]): void {
    this.uint32(texts.length)
    for (const text of texts) this.text(text)
  }

  /**
   * The bits as they are. From array to array of one type: to look at the bytes of a small array would move it out of
   * V8's heap, which takes ten times the memory.
   */
  #elements(datatype: NumberType, data: TensorArrays[NumberType]): void {
    const { byteLength } = data
    this.uint32(byteLength)
    this.#reserve(byteLength + alignment)
    const { bytes, arrays } = this.#memory
    while (this.#length % alignment > 0) bytes[this.#length++] = 0
    const elements = arrays[datatype] as Float64Array
    elements.set(data as Float64Array, this.#length / elements.BYTES_PER_ELEMENT)
    this.#length += byteLength
  }

  #wide(text: string): void {
    this.uint32(2 * text.length + 1)
    this.#length += this.#memory.bytes.write(text, this.#length, 'utf16le')
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    const { length } = this.#memory.bytes
    if (needed > length) this.#resize(Math.max(needed, 2 * length))
  }

  #resize(capacity: number): void {
    const memory = unsetMemory(capacity)
    this.#memory.bytes.copy(memory.bytes, 0, 0, this.#length)
    this.#memory = memory
  }
}

/** Memory that holds anything. */
function unsetMemory(capacity: number): Memory {
  return memoryOf(Buffer.allocUnsafeSlow(aligned(capacity)).buffer)
}

/** Bytes that the elements of a tensor take at least when they are written. */
export function leastBytes({ data }: NamedTensor): number {
  if (ArrayBuffer.isView(data)) return data.byteLength
  let bytes = 0
  for (const text of data) bytes += text.length
  return bytes
}

import { endianness } from 'node:os'
import type { Datatype, NamedTensor } from '@millrace/runtime'

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
  #bytes = Buffer.allocUnsafeSlow(4096)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Keep the first `length` bytes that are written, and go on after them. */
  goBack(length: number): void {
    this.#length = length
    if (this.#bytes.length > keptBytes && length <= keptBytes) this.#resize(keptBytes)
  }

  /** What is written, in memory that will be written over. */
  written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  uint32(value: number): void {
    this.#reserve(4)
    this.#view.setUint32(this.#length, value)
    this.#length += 4
  }

  /** Any number. */
  double(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value)
    this.#length += 8
  }

  /**
   * Any text, half a surrogate pair too: twice the number of UTF-16 code units, plus 1 for wide; then the units, one byte
   * each where all are below 256, else two.
   */
  text(text: string): void {
    const { length } = text
    this.#reserve(2 * length + 4)
    const bytes = this.#bytes
    const start = this.#length
    let at = start + 4
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      if (unit > 0xff) return this.#wide(text)
      bytes[at++] = unit
    }
    this.#view.setUint32(start, 2 * length)
    this.#length = at
  }

  tensor({ name, datatype, shape, data }: NamedTensor): void {
    this.text(name)
    this.byte(datatypeCodes[datatype])
    this.uint32(shape.length)
    for (let index = 0; index < shape.length; index++) this.double(shape[index]!)
    if (ArrayBuffer.isView(data)) {
      this.#raw(data)
      return
    }
    this.uint32(data.length)
    for (const text of data) this.text(text)
  }

  #wide(text: string): void {
    this.uint32(2 * text.length + 1)
    this.#length += this.#bytes.write(text, this.#length, 'utf16le')
  }

  #raw({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
    this.uint32(byteLength)
    this.#reserve(byteLength)
    this.#bytes.set(new Uint8Array(buffer, byteOffset, byteLength), this.#length)
    this.#length += byteLength
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, 2 * this.#bytes.length))
  }

  #resize(capacity: number): void {
    const bytes = Buffer.allocUnsafeSlow(capacity)
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

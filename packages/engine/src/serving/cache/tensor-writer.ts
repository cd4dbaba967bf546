import { endianness } from 'node:os'
import type { Datatype, NamedTensor, TensorArrays } from '@millrace/runtime'

type NumberType = Exclude<Datatype, 'BYTES'>

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

/** Elements begin at a multiple of this many bytes. */
export const alignment = 8

/** Memory that is kept from one use to the next. */
const keptBytes = 65_536

/** The same memory as elements of each type. */
type Views = { readonly [Type in NumberType]: TensorArrays[Type] }

function viewsOf(buffer: ArrayBuffer): Views {
  const [bytes, halves] = [new Uint8Array(buffer), new Uint16Array(buffer)]
  return {
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

/**
 * Writes texts, numbers and tensors into memory that it uses again, so that different things never look the same: each
 * has a length or a type before it.
 */
export class TensorWriter {
  #bytes = Buffer.allocUnsafeSlow(4096)
  #view = new DataView(this.#bytes.buffer)
  #views = viewsOf(this.#bytes.buffer)
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
    while (this.#length % alignment > 0) this.#bytes[this.#length++] = 0
    const view = this.#views[datatype] as Float64Array
    view.set(data as Float64Array, this.#length / view.BYTES_PER_ELEMENT)
    this.#length += byteLength
  }

  #wide(text: string): void {
    this.uint32(2 * text.length + 1)
    this.#length += this.#bytes.write(text, this.#length, 'utf16le')
  }

  #reserve(more: number): void {
    const needed = this.#length + more
    if (needed > this.#bytes.length) this.#resize(Math.max(needed, 2 * this.#bytes.length))
  }

  #resize(capacity: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.ceil(capacity / alignment) * alignment)
    this.#bytes.copy(bytes, 0, 0, this.#length)
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
    this.#views = viewsOf(bytes.buffer)
  }
}

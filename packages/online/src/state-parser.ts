import { type NumberArray, readNumbers } from './little-endian.ts'
import { invalid } from './state-errors.ts'
import { type StateFields, type StateValue, tags } from './state-format.ts'

const deepest = 32

/** Reads values one after the other. Every method throws MILL_STATE_INVALID where the bytes are none. */
export class StateParser {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset: number

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = offset
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  /** @param depth how many values this one stands in */
  value(depth = 0): StateValue {
    if (depth > deepest) throw invalid('values nest too deep')
    const tag = this.#view.getUint8(this.#take(1))
    switch (tag) {
      case tags.null:
        return null
      case tags.false:
        return false
      case tags.true:
        return true
      case tags.number:
        return this.#view.getFloat64(this.#take(8), true)
      case tags.string:
        return this.#text()
      case tags.list:
        return Array.from({ length: this.#length(1) }, () => this.value(depth + 1))
      case tags.map:
        return this.#map(depth)
      case tags.bytes:
        return this.#slice(this.#length(1))
      case tags.f64:
        return this.#numbers(new Float64Array(this.#length(8)))
      case tags.i32:
        return this.#numbers(new Int32Array(this.#length(4)))
      case tags.u32:
        return this.#numbers(new Uint32Array(this.#length(4)))
      default:
        throw invalid(`unknown tag ${tag}`)
    }
  }

  #take(length: number): number {
    const start = this.#offset
    if (start + length > this.#bytes.length) throw invalid('ends too early')
    this.#offset += length
    return start
  }

  /** A length that cannot ask for more than the bytes that are there. */
  #length(bytesEach: number): number {
    const length = this.#view.getUint32(this.#take(4), true)
    if (length * bytesEach > this.#bytes.length - this.#offset) throw invalid('ends too early')
    return length
  }

  #text(): string {
    const length = this.#length(2)
    const start = this.#take(2 * length)
    let text = ''
    for (let index = 0; index < length; index++) {
      text += String.fromCharCode(this.#view.getUint16(start + 2 * index, true))
    }
    return text
  }

  #map(depth: number): StateFields {
    const fields: StateFields = Object.create(null) as StateFields
    for (let left = this.#length(5); left > 0; left--) fields[this.#text()] = this.value(depth + 1)
    return fields
  }

  #slice(length: number): Uint8Array {
    const start = this.#take(length)
    // Not `slice`: that of a Buffer would share its memory.
    return new Uint8Array(this.#bytes.subarray(start, start + length))
  }

  /** Fill `array`, whose length has been checked. */
  #numbers<Numbers extends NumberArray>(array: Numbers): Numbers {
    readNumbers(array, this.#bytes, this.#take(array.byteLength))
    return array
  }
}

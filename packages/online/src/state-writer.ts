import { writeNumbers, type NumberArray } from './little-endian.ts'
import { type StateFields, type StateValue, tags } from './state-format.ts'

/** How many bytes {@link StateWriter} writes for a value. */
export function sizeOf(value: StateValue): number {
  if (value === null || typeof value === 'boolean') return 1
  if (typeof value === 'number') return 9
  if (typeof value === 'string') return 1 + sizeOfText(value)
  if (ArrayBuffer.isView(value)) return 5 + value.byteLength
  if (Array.isArray(value)) return value.reduce<number>((size, entry) => size + sizeOf(entry), 5)
  return Object.entries(value).reduce((size, [name, entry]) => size + sizeOfText(name) + sizeOf(entry), 5)
}

function sizeOfText(text: string): number {
  return 4 + 2 * text.length
}

/** Writes values one after the other into bytes that have room for them. */
export class StateWriter {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #offset: number

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#offset = offset
  }

  value(value: StateValue): void {
    if (value === null) this.#tag(tags.null)
    else if (typeof value === 'boolean') this.#tag(value ? tags.true : tags.false)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#string(value)
    else if (Array.isArray(value)) this.#list(value)
    else if (value instanceof Uint8Array) this.#raw(value)
    else if (value instanceof Float64Array) this.#numbers(tags.f64, value)
    else if (value instanceof Int32Array) this.#numbers(tags.i32, value)
    else if (value instanceof Uint32Array) this.#numbers(tags.u32, value)
    else this.#map(value)
  }

  #tag(tag: number): void {
    this.#view.setUint8(this.#take(1), tag)
  }

  #length(length: number): void {
    this.#view.setUint32(this.#take(4), length, true)
  }

  /** @returns where the next `length` bytes go */
  #take(length: number): number {
    const start = this.#offset
    this.#offset += length
    return start
  }

  #number(value: number): void {
    this.#tag(tags.number)
    writeNumbers(Float64Array.of(value), this.#bytes, this.#take(8))
  }

  #string(value: string): void {
    this.#tag(tags.string)
    this.#text(value)
  }

  #text(text: string): void {
    this.#length(text.length)
    const start = this.#take(2 * text.length)
    for (let index = 0; index < text.length; index++) {
      this.#view.setUint16(start + 2 * index, text.charCodeAt(index), true)
    }
  }

  #list(values: readonly StateValue[]): void {
    this.#tag(tags.list)
    this.#length(values.length)
    for (const value of values) this.value(value)
  }

  #map(fields: StateFields): void {
    const entries = Object.entries(fields)
    this.#tag(tags.map)
    this.#length(entries.length)
    for (const [name, value] of entries) {
      this.#text(name)
      this.value(value)
    }
  }

  #raw(bytes: Uint8Array): void {
    this.#tag(tags.bytes)
    this.#length(bytes.length)
    this.#bytes.set(bytes, this.#take(bytes.length))
  }

  #numbers(tag: number, numbers: NumberArray): void {
    this.#tag(tag)
    this.#length(numbers.length)
    writeNumbers(numbers, this.#bytes, this.#take(numbers.byteLength))
  }
}

import { MillraceError } from '@millrace/common'
import { crc32 } from './crc32.ts'

/**
 * The state format. Little-endian throughout:
 *
 *     "MLRS"  u16 format version  value  u32 CRC-32 of everything before it
 *
 * A value is one tag byte and its content; lists, maps and arrays carry their length, maps their keys, so any reader
 * can print a state without knowing the learner. Strings are UTF-16 code units, so that every feature name survives.
 * The outermost value is a map with `kind` (the class), `version` (of that class's fields) and the fields.
 */
export type StateValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | StateValue[]
  | StateFields
/** Fields by name. Written in insertion order. */
export interface StateFields {
  [name: string]: StateValue
}

const magic = [0x4d, 0x4c, 0x52, 0x53]
const formatVersion = 1
const deepest = 32
const tags = { null: 0, false: 1, true: 2, number: 3, string: 4, list: 5, map: 6, bytes: 7, f64: 8, i32: 9, u32: 10 }

/** Write a learner's state: `kind` names the class, `version` the version of its fields. Cost: linear in its size. */
export function encodeState(kind: string, version: number, fields: StateFields): Uint8Array {
  const writer = new StateWriter()
  for (const byte of magic) writer.u8(byte)
  writer.u16(formatVersion)
  writer.value({ kind, version, ...fields })
  writer.u32(crc32(writer.written()))
  return writer.written().slice()
}

/**
 * Read any state without knowing the learner: its `kind`, `version` and fields.
 * @throws {MillraceError} MILL_STATE_INVALID when the bytes are not a whole, undamaged state of a known format
 */
export function decodeState(bytes: Uint8Array): StateReader {
  const body = bytes.subarray(0, -4)
  if (bytes.length < 11 || magic.some((byte, index) => bytes[index] !== byte)) throw invalid('no learner state')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint16(4, true)
  if (version !== formatVersion) throw invalid(`state format ${version} is not known, only ${formatVersion}`)
  if (view.getUint32(bytes.length - 4, true) !== crc32(body)) throw invalid('checksum does not match')
  const parser = new StateParser(body, 6)
  const fields = parser.value(0)
  if (!parser.isAtEnd) throw invalid('bytes after the end')
  return new StateReader(fields, 'state')
}

/** The state of exactly this class. @throws {MillraceError} MILL_STATE_INVALID for another kind or version */
export function decodeStateOf(bytes: Uint8Array, kind: string, version: number): StateReader {
  const state = decodeState(bytes)
  if (state.string('kind') !== kind) throw invalid(`holds a ${state.string('kind')}, not a ${kind}`)
  const found = state.number('version')
  if (found !== version) throw invalid(`version ${found} of ${kind} is not known, only ${version}`)
  return state
}

/** Checked access to the fields of a decoded state; every getter throws MILL_STATE_INVALID for a missing or other type. */
export class StateReader {
  readonly fields: StateFields
  readonly #path: string

  constructor(value: StateValue, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
      throw invalid(`${path} is not a map`)
    }
    this.fields = value
    this.#path = path
  }

  boolean(name: string): boolean {
    return this.#expect(name, 'a boolean', value => (typeof value === 'boolean' ? value : undefined))
  }

  number(name: string): number {
    return this.#expect(name, 'a number', value => (typeof value === 'number' ? value : undefined))
  }

  /** An integer from 0 to `highest`. */
  count(name: string, highest = Number.MAX_SAFE_INTEGER): number {
    const isCount = (value: StateValue): value is number =>
      Number.isInteger(value) && Number(value) >= 0 && Number(value) <= highest
    return this.#expect(name, `an integer from 0 to ${highest}`, value => (isCount(value) ? value : undefined))
  }

  string(name: string): string {
    return this.#expect(name, 'a string', value => (typeof value === 'string' ? value : undefined))
  }

  strings(name: string): string[] {
    return this.list(name).map(value => {
      if (typeof value !== 'string') throw invalid(`${this.#path}.${name} holds something else than strings`)
      return value
    })
  }

  list(name: string): StateValue[] {
    return this.#expect(name, 'a list', value => (Array.isArray(value) ? value : undefined))
  }

  map(name: string): StateReader {
    return new StateReader(this.#field(name), `${this.#path}.${name}`)
  }

  bytes(name: string): Uint8Array {
    return this.#expect(name, 'bytes', value => (value instanceof Uint8Array ? value : undefined))
  }

  /** Doubles; `length` says how many there must be. */
  float64s(name: string, length?: number): Float64Array {
    return this.#array(name, length, value => (value instanceof Float64Array ? value : undefined))
  }

  /** Finite doubles; `length` says how many there must be. */
  finites(name: string, length?: number): Float64Array {
    const values = this.float64s(name, length)
    if (!values.every(Number.isFinite)) throw invalid(`${this.#path}.${name} holds a number that is not finite`)
    return values
  }

  /** A finite number. */
  finite(name: string): number {
    const value = this.number(name)
    if (!Number.isFinite(value)) throw invalid(`${this.#path}.${name} is not finite`)
    return value
  }

  /** Signed 32-bit integers; `length` says how many there must be. */
  int32s(name: string, length?: number): Int32Array {
    return this.#array(name, length, value => (value instanceof Int32Array ? value : undefined))
  }

  /** Unsigned 32-bit integers; `length` says how many there must be. */
  uint32s(name: string, length?: number): Uint32Array {
    return this.#array(name, length, value => (value instanceof Uint32Array ? value : undefined))
  }

  #field(name: string): StateValue {
    const value = Object.hasOwn(this.fields, name) ? this.fields[name] : undefined
    if (value === undefined) throw invalid(`${this.#path}.${name} is missing`)
    return value
  }

  #expect<Kind>(name: string, wanted: string, pick: (value: StateValue) => Kind | undefined): Kind {
    const found = pick(this.#field(name))
    if (found === undefined) throw invalid(`${this.#path}.${name} is not ${wanted}`)
    return found
  }

  #array<Kind extends { length: number }>(
    name: string,
    length: number | undefined,
    pick: (value: StateValue) => Kind | undefined
  ): Kind {
    const found = this.#expect(name, 'an array of the right type', pick)
    if (length !== undefined && found.length !== length) {
      throw invalid(`${this.#path}.${name} has ${found.length} entries instead of ${length}`)
    }
    return found
  }
}

class StateWriter {
  #bytes = new Uint8Array(1024)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  u8(value: number): void {
    const start = this.#take(1)
    this.#view.setUint8(start, value)
  }

  u16(value: number): void {
    const start = this.#take(2)
    this.#view.setUint16(start, value, true)
  }

  u32(value: number): void {
    const start = this.#take(4)
    this.#view.setUint32(start, value, true)
  }

  value(value: StateValue): void {
    if (value === null) this.u8(tags.null)
    else if (typeof value === 'boolean') this.u8(value ? tags.true : tags.false)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#string(value)
    else if (Array.isArray(value)) this.#list(value)
    else if (value instanceof Uint8Array) this.#raw(value)
    else if (value instanceof Float64Array) this.#float64s(value)
    else if (value instanceof Int32Array) this.#int32s(value)
    else if (value instanceof Uint32Array) this.#uint32s(value)
    else this.#map(value)
  }

  /** May replace `#view`: call it before reading that. */
  #take(length: number): number {
    const start = this.#length
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const longer = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2))
      longer.set(this.#bytes)
      this.#bytes = longer
      this.#view = new DataView(longer.buffer)
    }
    return start
  }

  #number(value: number): void {
    this.u8(tags.number)
    const start = this.#take(8)
    setFloat64(this.#view, start, value)
  }

  #string(value: string): void {
    this.u8(tags.string)
    this.#text(value)
  }

  #text(value: string): void {
    this.u32(value.length)
    const start = this.#take(2 * value.length)
    for (let index = 0; index < value.length; index++) {
      this.#view.setUint16(start + 2 * index, value.charCodeAt(index), true)
    }
  }

  #list(values: StateValue[]): void {
    this.u8(tags.list)
    this.u32(values.length)
    for (const value of values) this.value(value)
  }

  #map(fields: StateFields): void {
    const entries = Object.entries(fields)
    this.u8(tags.map)
    this.u32(entries.length)
    for (const [name, value] of entries) {
      this.#text(name)
      this.value(value)
    }
  }

  #raw(bytes: Uint8Array): void {
    this.u8(tags.bytes)
    this.u32(bytes.length)
    const start = this.#take(bytes.length)
    this.#bytes.set(bytes, start)
  }

  #float64s(values: Float64Array): void {
    this.u8(tags.f64)
    this.u32(values.length)
    const start = this.#take(8 * values.length)
    const view = this.#view
    for (let index = 0; index < values.length; index++) setFloat64(view, start + 8 * index, values[index]!)
  }

  #int32s(values: Int32Array): void {
    this.u8(tags.i32)
    this.u32(values.length)
    const start = this.#take(4 * values.length)
    for (let index = 0; index < values.length; index++) this.#view.setInt32(start + 4 * index, values[index]!, true)
  }

  #uint32s(values: Uint32Array): void {
    this.u8(tags.u32)
    this.u32(values.length)
    const start = this.#take(4 * values.length)
    for (let index = 0; index < values.length; index++) this.#view.setUint32(start + 4 * index, values[index]!, true)
  }
}

/** NaN has many bit patterns; one of them is written, so that equal states give equal bytes. */
function setFloat64(view: DataView, offset: number, value: number): void {
  if (Number.isNaN(value)) view.setBigUint64(offset, 0x7ff8000000000000n, true)
  else view.setFloat64(offset, value, true)
}

class StateParser {
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

  value(depth: number): StateValue {
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
        return this.#float64s(this.#length(8))
      case tags.i32:
        return this.#int32s(this.#length(4))
      case tags.u32:
        return Uint32Array.from(this.#int32s(this.#length(4)))
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

  #float64s(length: number): Float64Array {
    const start = this.#take(8 * length)
    const values = new Float64Array(length)
    for (let index = 0; index < length; index++) values[index] = this.#view.getFloat64(start + 8 * index, true)
    return values
  }

  #int32s(length: number): Int32Array {
    const start = this.#take(4 * length)
    const values = new Int32Array(length)
    for (let index = 0; index < length; index++) values[index] = this.#view.getInt32(start + 4 * index, true)
    return values
  }
}

/** Builds the error for bytes that are not a state. */
export function invalid(problem: string): MillraceError {
  return new MillraceError('MILL_STATE_INVALID', `not a usable learner state: ${problem}`)
}

/** What `make` builds from the options in a state. @throws {MillraceError} MILL_STATE_INVALID when they are refused */
export function validated<Made>(make: () => Made): Made {
  try {
    return make()
  } catch (error) {
    if (!(error instanceof MillraceError) || error.code === 'MILL_STATE_INVALID') throw error
    throw new MillraceError('MILL_STATE_INVALID', `not a usable learner state: ${error.message}`, { cause: error })
  }
}

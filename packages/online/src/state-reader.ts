import { invalid } from './state-errors.ts'
import type { StateFields, StateValue } from './state-format.ts'

/**
 * Checked access to the fields of a decoded state. Arrays are handed out as they are, not as copies; every getter throws MILL_STATE_INVALID for a missing or other type. */
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

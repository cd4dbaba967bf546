import type { RequestFault } from '@millrace/protocol'
import { HttpError, invalidRequest } from '../http/failure.ts'
import { type FaultPlace, missing, mostFaults, wrongTypeFault } from '../http/faults.ts'

/** A JSON object of a request. */
export type JsonObject = Readonly<Record<string, unknown>>

/**
 * Reads values out of a body and collects what is wrong with them. By hand, since the validator would list a fault for
 * each of a million numbers; nothing is read on once a reply is full of faults. Unknown keys are passed over.
 */
export class BodyReader {
  readonly #faults: RequestFault[] = []

  get isFull(): boolean {
    return this.#faults.length >= mostFaults
  }

  add(fault: RequestFault): void {
    if (!this.isFull) this.#faults.push(fault)
  }

  /** @throws {HttpError} MILL_REQUEST_INVALID, with all that was found */
  throwIfFaulty(): void {
    if (this.#faults.length > 0) throw new HttpError(invalidRequest(this.#faults))
  }

  /** An empty object in place of what is none. */
  object(value: unknown, place: FaultPlace): JsonObject {
    if (isObject(value)) return value
    this.add(wrongTypeFault(place, 'object', value))
    return {}
  }

  /** An empty list in place of what is none. */
  list(value: unknown, place: FaultPlace): readonly unknown[] {
    if (Array.isArray(value)) return value
    this.add(wrongTypeFault(place, 'array', value))
    return []
  }

  numbers(value: unknown, place: FaultPlace): readonly number[] {
    const list = this.list(value, place)
    for (let index = 0; index < list.length && !this.isFull; index++) {
      if (!Number.isFinite(list[index])) this.add(wrongTypeFault([...place, index], 'number', list[index]))
    }
    return list as readonly number[]
  }

  /** Lists of numbers, which may be of any length. */
  rows(value: unknown, place: FaultPlace): readonly (readonly number[])[] {
    const list = this.list(value, place)
    for (let index = 0; index < list.length && !this.isFull; index++) this.numbers(list[index], [...place, index])
    return list as readonly (readonly number[])[]
  }

  /** The number under a key that must be there; NaN in place of what is none. */
  number(body: JsonObject, key: string, place: FaultPlace): number {
    const value = own(body, key)
    if (typeof value === 'number' && Number.isFinite(value)) return value
    this.add(value === undefined ? missing([...place, key]) : wrongTypeFault([...place, key], 'number', value))
    return Number.NaN
  }

  /** The truth value under a key; undefined without the key. */
  boolean(body: JsonObject, key: string, place: FaultPlace): boolean | undefined {
    const value = own(body, key)
    if (value === undefined || typeof value === 'boolean') return value
    this.add(wrongTypeFault([...place, key], 'boolean', value))
    return undefined
  }

  /** The integer under a key; undefined without the key, and in place of what is none. */
  integer(
    body: JsonObject,
    key: string,
    { minimum, maximum, place }: { minimum: number; maximum: number; place: FaultPlace }
  ): number | undefined {
    const value = own(body, key)
    if (value === undefined) return undefined
    const loc = [...place, key]
    if (typeof value !== 'number' || !Number.isInteger(value)) {
      this.add(wrongTypeFault(loc, 'integer', value))
      return undefined
    }
    if (value < minimum) this.add(outside(loc, 'greater_than_equal', minimum, value))
    else if (value > maximum) this.add(outside(loc, 'less_than_equal', maximum, value))
    return value
  }

  /** The text under a key; undefined without the key, for null, and in place of what is none. */
  text(body: JsonObject, key: string, { longest, place }: { longest: number; place: FaultPlace }): string | undefined {
    const value = own(body, key)
    if (value === undefined || value === null) return undefined
    const loc = [...place, key]
    if (typeof value !== 'string') {
      this.add(wrongTypeFault(loc, 'string', value))
      return undefined
    }
    if (value === '') this.add({ type: 'string_too_short', loc, msg: 'String should have at least 1 character' })
    else if (value.length > longest && Array.from(value).length > longest) {
      this.add({ type: 'string_too_long', loc, msg: `String should have at most ${longest} characters` })
    }
    return value
  }
}

/** A number beyond a limit. */
export function outside(
  loc: FaultPlace,
  type: 'greater_than_equal' | 'less_than_equal',
  limit: number,
  input: number
): RequestFault {
  const words = type === 'greater_than_equal' ? 'greater than or equal to' : 'less than or equal to'
  return { type, loc, msg: `Input should be ${words} ${limit}`, input }
}

/** What a body holds under a key of its own; nothing is inherited. */
export function own(body: JsonObject, key: string): unknown {
  return Object.hasOwn(body, key) ? body[key] : undefined
}

/** Whether it is an object of JSON, and no list. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @throws {HttpError} MILL_REQUEST_INVALID */
export function refuse(...faults: RequestFault[]): never {
  throw new HttpError(invalidRequest(faults))
}

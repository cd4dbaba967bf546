import { isUtf8 } from 'node:buffer'
import type { Datatype, TensorArrays, TensorData } from '@millrace/runtime'
import { RoundedInteger, unusualNumber } from './json-text.ts'

/** How the elements of one type are taken over from parsed JSON. */
export interface ElementFill {
  /** Room for `count` elements. */
  make(count: number): TensorData
  /**
   * Write elements from position `at` on.
   * @returns the index of the first that is none of the type, or -1
   */
  fill(target: TensorData, at: number, elements: readonly unknown[]): number
}

/** For each type; FP16 takes numbers and rounds them to the nearest half. */
export const elementFills: Readonly<Record<Datatype, ElementFill>> = {
  BOOL: { make: count => new Uint8Array(count), fill: fillBooleans },
  UINT8: integers(Uint8Array),
  UINT16: integers(Uint16Array),
  UINT32: integers(Uint32Array),
  UINT64: longIntegers(BigUint64Array, integer => BigInt.asUintN(64, integer)),
  INT8: integers(Int8Array),
  INT16: integers(Int16Array),
  INT32: integers(Int32Array),
  INT64: longIntegers(BigInt64Array, integer => BigInt.asIntN(64, integer)),
  FP16: {
    make: count => new Uint16Array(count),
    fill(target, at, elements) {
      const { buffer, byteOffset, length } = target as TensorArrays['FP16']
      return fillFloats(new Float16Array(buffer, byteOffset, length), at, elements, 65_520)
    }
  },
  // The first number that would be rounded to infinity: half a step beyond the largest.
  FP32: floats(Float32Array, (2 - 2 ** -24) * 2 ** 127),
  FP64: floats(Float64Array, Infinity),
  BYTES: { make: count => Array.from({ length: count }, () => ''), fill: fillTexts }
}

/** Texts in base64, whose bytes must be UTF-8. */
export function fillBase64(target: TensorData, at: number, elements: readonly unknown[]): number {
  const texts = target as string[]
  for (let i = 0; i < elements.length; i++) {
    const text = textOfBase64(elements[i])
    if (text === undefined) return i
    texts[at + i] = text
  }
  return -1
}

const base64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The text whose UTF-8 is written in base64; undefined where it is not. */
export function textOfBase64(given: unknown): string | undefined {
  if (typeof given !== 'string' || given.length % 4 !== 0 || !base64.test(given)) return undefined
  const bytes = Buffer.from(given, 'base64')
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

type Integers = Uint8Array | Uint16Array | Uint32Array | Int8Array | Int16Array | Int32Array

function integers(array: new (count: number) => Integers): ElementFill {
  return { make: count => new array(count), fill: fillIntegers }
}

/** What the array does not give back as it was is no integer, or out of its range. */
function fillIntegers(target: TensorData, at: number, elements: readonly unknown[]): number {
  const array = target as Integers
  for (let i = 0; i < elements.length; i++) {
    array[at + i] = elements[i] as number
    if (array[at + i] !== elements[i]) return i
  }
  return -1
}

function floats(array: new (count: number) => Float32Array | Float64Array, bound: number): ElementFill {
  return {
    make: count => new array(count),
    fill: (target, at, elements) => fillFloats(target as Float32Array, at, elements, bound)
  }
}

/** @param bound finite numbers must lie between this and its negative, both excluded */
function fillFloats(
  array: Float16Array | Float32Array | Float64Array,
  at: number,
  elements: readonly unknown[],
  bound: number
): number {
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]
    // NaN and a number such as 1e400, which is infinite, fail the comparison.
    const number =
      typeof element === 'number' && element < bound && element > -bound ? element : unusualFloat(element, bound)
    if (number === undefined) return i
    array[at + i] = number
  }
  return -1
}

const allDigits = /^-?\d+$/
const words = new Set(['NaN', 'Infinity', '-Infinity'])

/** The words also as texts, as protobuf writes them. */
function unusualFloat(element: unknown, bound: number): number | undefined {
  const written = unusualNumber(element) ?? element
  if (typeof written !== 'string') return undefined
  if (words.has(written)) return Number(written)
  const number = element !== written && allDigits.test(written) ? Number(written) : NaN
  return number < bound && number > -bound ? number : undefined
}

function longIntegers(
  kind: new (count: number) => BigInt64Array | BigUint64Array,
  wrap: (integer: bigint) => bigint
): ElementFill {
  return {
    make: count => new kind(count),
    fill(target, at, elements) {
      const array = target as BigInt64Array
      for (let i = 0; i < elements.length; i++) {
        const integer = longInteger(elements[i])
        if (integer === undefined || wrap(integer) !== integer) return i
        array[at + i] = integer
      }
      return -1
    }
  }
}

const decimal = /^-?\d{1,20}$/

/** @throws {RoundedInteger} for a number that may not be the one that was written */
function longInteger(element: unknown): bigint | undefined {
  if (typeof element === 'number') {
    if (Number.isSafeInteger(element)) return BigInt(element)
    if (Number.isInteger(element)) throw new RoundedInteger()
    return undefined
  }
  const digits = unusualNumber(element) ?? element
  return typeof digits === 'string' && decimal.test(digits) ? BigInt(digits) : undefined
}

function fillBooleans(target: TensorData, at: number, elements: readonly unknown[]): number {
  const array = target as Uint8Array
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]
    if (element !== true && element !== false && element !== 0 && element !== 1) return i
    array[at + i] = Number(element)
  }
  return -1
}

function fillTexts(target: TensorData, at: number, elements: readonly unknown[]): number {
  const texts = target as string[]
  for (let i = 0; i < elements.length; i++) {
    const element = elements[i]
    if (typeof element !== 'string' || unusualNumber(element) !== undefined) return i
    texts[at + i] = element
  }
  return -1
}

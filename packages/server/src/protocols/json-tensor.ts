import { MillraceError } from '@millrace/common'
import type { NamedTensor, TensorData } from '@millrace/runtime'
import { elementFills, fillBase64 } from './json-elements.ts'
import { unusualNumber } from './json-text.ts'
import { countOf, datatypeOf, type RawInput } from './raw-tensor.ts'

/**
 * The tensor whose elements are in parsed JSON, row-major, in one list or nested as the shape is. Numbers are never
 * rounded to another integer and never wrapped into range. O(elements).
 * @param options `isBase64`: elements of BYTES are in base64
 * @throws {MillraceError} MILL_INPUT_INVALID for elements that do not fit type and shape
 */
export function tensorFromJson(
  input: RawInput,
  data: unknown,
  { isBase64 = false }: { isBase64?: boolean } = {}
): NamedTensor {
  const datatype = datatypeOf(input)
  const count = countOf(input)
  if (!Array.isArray(data)) throw invalid(input, `must have its elements in a list 'data', got ${told(data)}`)
  // Before there is room for them: a huge shape alone must not cost memory.
  const given = Array.isArray(data[0]) ? leaves(data) : data.length
  if (given !== count) throw invalid(input, `has ${given} elements, but its shape ${shapeText(input)} has ${count}`)
  const { make, fill } = elementFills[datatype]
  const target = make(count)
  place({ input, target, fill: isBase64 && datatype === 'BYTES' ? fillBase64 : fill }, data, 0, 0)
  return { name: input.name, datatype, shape: input.shape, data: target }
}

interface Placing {
  readonly input: RawInput
  readonly target: TensorData
  readonly fill: (target: TensorData, at: number, elements: readonly unknown[]) => number
}

/** Elements of lists in lists; O(lists). */
function leaves(data: readonly unknown[]): number {
  let count = 0
  const open: (readonly unknown[])[] = [data]
  for (let list = open.pop(); list !== undefined; list = open.pop()) {
    if (!Array.isArray(list[0])) count += list.length
    else for (const inner of list) if (Array.isArray(inner)) open.push(inner)
  }
  return count
}

/** Write a list, whose elements lie at dimension `level` of the shape, from position `at` on; the position after it. */
function place(placing: Placing, list: readonly unknown[], level: number, at: number): number {
  if (!Array.isArray(list[0])) return placeElements(placing, list, level, at)
  const { input } = placing
  if (level >= input.shape.length - 1)
    throw invalid(input, `nests its elements deeper than its shape ${shapeText(input)}`)
  if (list.length !== input.shape[level]) throw ragged(input)
  let next = at
  for (const inner of list) {
    if (!Array.isArray(inner)) throw ragged(input)
    next = place(placing, inner, level + 1, next)
  }
  return next
}

function placeElements({ input, target, fill }: Placing, list: readonly unknown[], level: number, at: number): number {
  let expected = 1
  for (let dimension = level; dimension < input.shape.length; dimension++) expected *= input.shape[dimension]!
  if (list.length !== expected) throw ragged(input)
  const bad = fill(target, at, list)
  if (bad >= 0) throw wrongElement(input, at + bad, list[bad])
  return at + list.length
}

function ragged(input: RawInput): MillraceError {
  return invalid(input, `nests its elements in another way than its shape ${shapeText(input)}`)
}

function shapeText({ shape }: RawInput): string {
  return `[${shape.join(',')}]`
}

function wrongElement(input: RawInput, index: number, element: unknown): MillraceError {
  const advice =
    input.datatype === 'BYTES'
      ? 'it must be a text without the character NUL, or the base64 of one if the input says so'
      : `it is not a number that ${input.datatype} can hold`
  return invalid(input, `has ${told(element)} at element ${index}: ${advice}`)
}

/** Longest text that is repeated to the client. */
const longestEcho = 40

function told(value: unknown): string {
  const unusual = unusualNumber(value)
  if (unusual !== undefined) return unusual.slice(0, longestEcho)
  if (typeof value === 'string') return JSON.stringify(value.slice(0, longestEcho))
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value)
  return value === undefined ? 'nothing' : 'an object'
}

function invalid({ name }: RawInput, problem: string): MillraceError {
  return new MillraceError('MILL_INPUT_INVALID', `input '${name}' ${problem}`)
}

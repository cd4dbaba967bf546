import { integerWithin, largestMagnitude, learnable, MillraceError } from '@millrace/common'
import type { Features } from './learner.ts'
import type { MemoryLimit } from './memory-limit.ts'
import { mapSize, roomFor, textSize } from './memory-size.ts'
import { emptyLayout, isKept, largestLayout, type Layout, layoutSize, Row, rowLayout } from './row.ts'

/** Bytes of the names' own objects. */
const fixedSize = 120

/**
 * The feature names of one model, numbered ("slots") in order of first sight, so that the model itself works on typed
 * arrays. Consecutive observations mostly have the same names in the same order; they are recognised by comparing the
 * names with the last observation's, which needs no hashing.
 */
export class FeatureNames {
  /** Names in slot order. */
  #slots = new Map<string, number>()
  #textBytes = 0
  #layout: Layout = emptyLayout
  #memory: MemoryLimit | undefined
  /** How many names {@link intern} gives slots at most. */
  limit = Infinity

  /** How many names are known; also the slot of the next new name. */
  get size(): number {
    return this.#slots.size
  }

  /** The layout of the last observation, kept for the next one. */
  get layout(): Layout {
    return this.#layout
  }

  /** All names, in slot order. */
  list(): string[] {
    return [...this.#slots.keys()]
  }

  /** Are these the same names in the same slots? */
  equals(other: FeatureNames): boolean {
    return this.size === other.size && [...this.#slots].every(([name, slot]) => other.#slots.get(name) === slot)
  }

  /** Bytes of the names and of the layout. */
  get memoryBytes(): number {
    return fixedSize + mapSize(this.size) + this.#textBytes + layoutSize(this.#layout)
  }

  /**
   * Let {@link intern} refuse names that leave the regressor of the model less than it can do with.
   * @throws {MillraceError} MILL_OPTION_INVALID when the names known do so already
   */
  limitMemory(memory: MemoryLimit): void {
    integerWithin('bytes', memory.bytes, neededBytes(memory, this.size, this.#textBytes))
    this.#memory = memory
  }

  /** The bytes that the memory limit leaves the regressor; Infinity without one. Changes in steps, with the names. */
  get room(): number {
    const memory = this.#memory
    if (memory === undefined) return Infinity
    return memory.bytes - mostBytes(this.size, this.#textBytes) - memory.beside(this.size)
  }

  /**
   * Read `x` into `row` without remembering any name: unknown names come last, in slots from `size` upwards.
   * @returns `row`, or a row of its own for an observation that takes too much memory to be kept
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE
   */
  read(x: Features, row: Row): Row {
    if (this.#isCurrent() && fillLike(row, this.#layout, x)) return row
    const layout = this.#layoutOf(Object.keys(x))
    if (!isKept(layout)) return filled(new Row(), layout, x)
    filled(row, layout, x)
    this.#layout = layout
    return row
  }

  /**
   * Read `x` into `row`, giving names never seen the next slots.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE, MILL_VALUE_OUT_OF_RANGE, MILL_FEATURE_LIMIT or MILL_MEMORY_LIMIT, with
   *   no name added
   */
  intern(x: Features, row: Row): void {
    const { layout } = this.read(x, row)
    if (layout.known === layout.keys.length) return
    this.#checkLimits(layout)
    for (const key of layout.keys) this.add(key)
    this.read(x, row)
  }

  /** Give one name a slot, unless it has one. */
  add(name: string): void {
    if (this.#slots.has(name)) return
    this.#slots.set(name, this.#slots.size)
    this.#textBytes += textSize(name)
  }

  /** Forget the names from slot `size` on: undoes {@link intern}. */
  truncate(size: number): void {
    if (size === this.#slots.size) return
    // A new map: one from which names were deleted would take more memory.
    const kept = this.list().slice(0, size)
    this.#slots = new Map()
    this.#textBytes = 0
    for (const name of kept) this.add(name)
    this.#layout = emptyLayout
  }

  /** Does the last layout still say which of its names are known? */
  #isCurrent(): boolean {
    const { known, keys, namesSize } = this.#layout
    return known === keys.length || namesSize === this.#slots.size
  }

  #layoutOf(keys: string[]): Layout {
    let next = this.#slots.size
    const slots = keys.map(key => this.#slots.get(key) ?? next++)
    return rowLayout(keys, slots, this.#slots.size)
  }

  #checkLimits({ keys, known, unknownBytes }: Layout): void {
    const names = this.size + keys.length - known
    if (names > this.limit) throw tooManyNames(this.limit)
    const memory = this.#memory
    if (memory !== undefined && neededBytes(memory, names, this.#textBytes + unknownBytes) > memory.bytes) {
      throw noMemory(memory.bytes)
    }
  }
}

/** The most bytes of the names while they are so many, with texts of so many bytes. */
function mostBytes(names: number, textBytes: number): number {
  return fixedSize + mapSize(names) + roomFor(textBytes) + largestLayout(names)
}

/** What a model needs at least to work with so many names, with texts of so many bytes. */
function neededBytes(memory: MemoryLimit, names: number, textBytes: number): number {
  return mostBytes(names, textBytes) + memory.beside(names) + memory.least(names)
}

/** `row` with the values of `x`. When one is refused, the row still has the layout that it had. */
function filled(row: Row, layout: Layout, x: Features): Row {
  const { keys, positions } = layout
  row.reserve(keys.length)
  for (let index = 0; index < keys.length; index++) {
    row.values[positions[index]!] = checked(keys[index]!, x[keys[index]!]!)
  }
  row.layout = layout
  return row
}

/**
 * The same for an observation with the layout's names in the layout's order, in one walk that makes no list of names.
 * @returns false, with part of the row written, when the names or their order are others
 */
function fillLike(row: Row, layout: Layout, x: Features): boolean {
  if (row.layout !== layout) row.useLayout(layout)
  const { keys, positions } = layout
  const { length } = keys
  const { values } = row
  let index = 0
  for (const key in x) {
    // In just this form V8 knows inside such a loop that the answer is yes; `Object.hasOwn` costs a call.
    if (!Object.prototype.hasOwnProperty.call(x, key)) continue
    if (index === length || key !== keys[index]) return false
    values[positions[index]!] = checked(key, x[key]!)
    index++
  }
  return index === length
}

function checked(name: string, value: number): number {
  // One comparison on the usual path.
  if (typeof value === 'number' && Math.abs(value) <= largestMagnitude) return value
  return learnable(`feature ${name}`, value)
}

function tooManyNames(limit: number): MillraceError {
  return new MillraceError('MILL_FEATURE_LIMIT', `the model would learn more than ${limit} different feature names`, {
    details: { limit }
  })
}

function noMemory(limit: number): MillraceError {
  return new MillraceError('MILL_MEMORY_LIMIT', `the new names do not fit into the ${limit} bytes of the model`, {
    details: { limit }
  })
}

/** Names restored from a state. @throws {MillraceError} MILL_STATE_INVALID when a name comes twice */
export function featureNamesFrom(list: readonly string[]): FeatureNames {
  const names = new FeatureNames()
  for (const name of list) names.add(internalized(name))
  if (names.size !== list.length)
    throw new MillraceError('MILL_STATE_INVALID', 'a feature name comes twice in the state')
  return names
}

/** The same text as V8 keeps it for a property's name: one for all who have it, and compared without looking at it. */
function internalized(name: string): string {
  const owner = Object.create(null) as Record<string, number>
  owner[name] = 0
  return Object.keys(owner)[0]!
}

import { largestMagnitude, learnable, MillraceError } from '@millrace/common'
import type { Features } from './learner.ts'
import { listSize, mapSize, textSize } from './memory-size.ts'
import { type Layout, type Row, rowLayout } from './row.ts'

/**
 * The feature names of one model, numbered ("slots") in order of first sight, so that the model itself works on typed
 * arrays. Consecutive observations mostly have the same names in the same order; they are recognised by comparing the
 * names with the last observation's, which needs no hashing.
 */
export class FeatureNames {
  readonly #names: string[] = []
  readonly #slots = new Map<string, number>()
  #layout: Layout = rowLayout([], [], 0)
  #textBytes = 0
  /** How many names {@link intern} gives slots at most. */
  limit = Infinity

  /** How many names are known; also the slot of the next new name. */
  get size(): number {
    return this.#names.length
  }

  /** Bytes of the names and all that is kept about them. */
  get memoryBytes(): number {
    return mapSize(this.size) + listSize(this.size) + this.#textBytes + 16 * this.#layout.keys.length + 600
  }

  /** The name of a known slot. */
  name(slot: number): string {
    return this.#names[slot]!
  }

  /** All names, in slot order. */
  list(): string[] {
    return [...this.#names]
  }

  /** Are these the same names in the same slots? */
  equals(other: FeatureNames): boolean {
    return this.size === other.size && this.#names.every((name, slot) => name === other.#names[slot])
  }

  /**
   * Read `x` into `row` without remembering any name: unknown names come last, in slots from `size` upwards.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE
   */
  read(x: Features, row: Row): void {
    if (this.#isCurrent() && fillLike(row, this.#layout, x)) return
    fill(row, this.#layoutOf(Object.keys(x)), x)
  }

  /**
   * Read `x` into `row`, giving names never seen the next slots.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE, MILL_VALUE_OUT_OF_RANGE or MILL_FEATURE_LIMIT, with no name added
   */
  intern(x: Features, row: Row): void {
    this.read(x, row)
    const { known, slots } = row.layout
    if (known === slots.length) return
    if (this.size + slots.length - known > this.limit) throw tooManyNames(this.limit)
    for (const key of row.layout.keys) this.add(key)
    this.read(x, row)
  }

  /** Give one name a slot, unless it has one. */
  add(name: string): void {
    if (this.#slots.has(name)) return
    this.#slots.set(name, this.#names.length)
    this.#names.push(name)
    this.#textBytes += textSize(name)
  }

  /** Forget the names from slot `size` on: undoes {@link intern}. */
  truncate(size: number): void {
    if (size === this.#names.length) return
    for (const name of this.#names.splice(size)) {
      this.#slots.delete(name)
      this.#textBytes -= textSize(name)
    }
    this.#layout = rowLayout([], [], 0)
  }

  /** Does the last layout still say which of its names are known? */
  #isCurrent(): boolean {
    const { known, keys, namesSize } = this.#layout
    return known === keys.length || namesSize === this.#names.length
  }

  #layoutOf(keys: string[]): Layout {
    let next = this.#names.length
    const slots = keys.map(key => this.#slots.get(key) ?? next++)
    this.#layout = rowLayout(keys, slots, this.#names.length)
    return this.#layout
  }
}

function fill(row: Row, layout: Layout, x: Features): void {
  if (row.layout !== layout) row.useLayout(layout)
  const { keys, positions } = layout
  for (let index = 0; index < keys.length; index++) {
    row.values[positions[index]!] = checked(keys[index]!, x[keys[index]!]!)
  }
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

/** Names restored from a state. @throws {MillraceError} MILL_STATE_INVALID when a name comes twice */
export function featureNamesFrom(list: readonly string[]): FeatureNames {
  const names = new FeatureNames()
  for (const name of list) names.add(name)
  if (names.size !== list.length)
    throw new MillraceError('MILL_STATE_INVALID', 'a feature name comes twice in the state')
  return names
}

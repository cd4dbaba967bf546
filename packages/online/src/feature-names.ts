import { largestMagnitude, learnable, MillraceError } from '@millrace/common'
import type { Features } from './learner.ts'
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

  /** How many names are known; also the slot of the next new name. */
  get size(): number {
    return this.#names.length
  }

  /** The name of a known slot. */
  name(slot: number): string {
    return this.#names[slot]!
  }

  /** All names, in slot order. */
  list(): string[] {
    return [...this.#names]
  }

  /**
   * Read `x` into `row` without remembering any name: unknown names come last, in slots from `size` upwards.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE
   */
  read(x: Features, row: Row): void {
    const keys = Object.keys(x)
    const layout = this.#matches(keys) ? this.#layout : this.#layoutOf(keys)
    fill(row, layout, keys, x)
  }

  /**
   * Read `x` into `row`, giving names never seen the next slots.
   * @throws {MillraceError} MILL_VALUE_NOT_FINITE or MILL_VALUE_OUT_OF_RANGE, with no name added
   */
  intern(x: Features, row: Row): void {
    this.read(x, row)
    if (row.layout.known === row.layout.slots.length) return
    for (const key of row.layout.keys) this.add(key)
    this.read(x, row)
  }

  /** Give one name a slot, unless it has one. */
  add(name: string): void {
    if (this.#slots.has(name)) return
    this.#slots.set(name, this.#names.length)
    this.#names.push(name)
  }

  /** Forget the names from slot `size` on: undoes {@link intern}. */
  truncate(size: number): void {
    if (size === this.#names.length) return
    for (const name of this.#names.splice(size)) this.#slots.delete(name)
    this.#layout = rowLayout([], [], 0)
  }

  #matches(keys: readonly string[]): boolean {
    const layout = this.#layout
    const known = layout.keys
    if (keys.length !== known.length) return false
    if (layout.known < known.length && layout.namesSize !== this.#names.length) return false
    for (let index = 0; index < keys.length; index++) if (keys[index] !== known[index]) return false
    return true
  }

  #layoutOf(keys: string[]): Layout {
    let next = this.#names.length
    const slots = keys.map(key => this.#slots.get(key) ?? next++)
    this.#layout = rowLayout(keys, slots, this.#names.length)
    return this.#layout
  }
}

function fill(row: Row, layout: Layout, keys: readonly string[], x: Features): void {
  if (row.layout !== layout) row.useLayout(layout)
  const values = row.values
  const positions = layout.positions
  for (let index = 0; index < keys.length; index++) {
    const value = x[keys[index]!]!
    if (typeof value !== 'number' || !(Math.abs(value) <= largestMagnitude)) learnable(`feature ${keys[index]}`, value)
    values[positions[index]!] = value
  }
}

/** Names restored from a state. @throws {MillraceError} MILL_STATE_INVALID when a name comes twice */
export function featureNamesFrom(list: readonly string[]): FeatureNames {
  const names = new FeatureNames()
  for (const name of list) names.add(name)
  if (names.size !== list.length)
    throw new MillraceError('MILL_STATE_INVALID', 'a feature name comes twice in the state')
  return names
}

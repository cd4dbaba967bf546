import { MillraceError } from '@millrace/common'
import type { StateFields, StateReader } from '@millrace/online'
import { IdTable } from './id-table.ts'
import type { Refusal } from './refusal.ts'
import { RefusalList } from './refusal-list.ts'
import { TextHasher } from './text-hasher.ts'

/** What an id names; the same text as both is two ids. The numbers are part of the state. */
const kinds = { observation: 1, prediction: 2 } as const
/** `observation` or `prediction`. */
export type IdKind = keyof typeof kinds

/** What is remembered under an id. */
export interface Remembered {
  /** Tells whether what comes under the same id is the same. */
  fingerprint: number
  /** The prediction that was answered, or why nothing was learned. */
  outcome: number | Refusal
}

/**
 * The latest ids with what was answered, at most a given number of them; the oldest give way. Of an id only a hash of
 * 128 bits is kept, whatever its length. Time O(1) a call on average; some 43 bytes an id at a limit of 100,000.
 */
export class IdWindow {
  #limit: number
  #table = new IdTable(0)
  /** A ring: entry `index`, counted from the oldest, stands at position `(start + index) % capacity`. */
  #start = 0
  #size = 0
  #fingerprints = new Float64Array(0)
  /** NaN for what was refused. */
  #predictions = new Float64Array(0)
  #refusals = new RefusalList()
  readonly #texts = new TextHasher()
  readonly #hash = new Int32Array(4)

  /** @param limit integer >= 1 */
  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#size
  }

  get limit(): number {
    return this.#limit
  }

  /** Remember at most `limit` ids from now on. Forgets the oldest that are too many. */
  set limit(limit: number) {
    this.#limit = limit
    while (this.#size > limit) this.#dropOldest()
    if (this.#capacity > limit) this.#move(limit)
  }

  /** Bytes of memory, but for a few hundred fixed ones. */
  get memoryBytes(): number {
    return this.#table.memoryBytes + 16 * this.#capacity + this.#refusals.memoryBytes
  }

  /** What `memoryBytes` comes to with `limit` ids, none of them refused. */
  static bytesFor(limit: number): number {
    return IdTable.bytesFor(limit) + 16 * limit
  }

  find(kind: IdKind, id: string): Remembered | undefined {
    this.#texts.hash(id, kinds[kind], this.#hash)
    const position = this.#table.find(this.#hash)
    if (position === -1) return undefined
    const prediction = this.#predictions[position]!
    const outcome = Number.isNaN(prediction) ? this.#refusals.get(position)! : prediction
    return { fingerprint: this.#fingerprints[position]!, outcome }
  }

  /** Remember an id, or something else about one that is remembered. */
  set(kind: IdKind, id: string, { fingerprint, outcome }: Remembered): void {
    this.#texts.hash(id, kinds[kind], this.#hash)
    const position = this.#table.find(this.#hash)
    if (position === -1) this.#push(fingerprint, outcome)
    else this.#write(position, fingerprint, outcome)
  }

  /** Oldest first, so that nothing in it depends on capacities. */
  toFields(): StateFields {
    const hashes = new Int32Array(4 * this.#size)
    const positions = Array.from({ length: this.#size }, (_, index) => this.#position(index))
    for (const [index, position] of positions.entries()) {
      this.#table.read(position, hashes.subarray(4 * index, 4 * index + 4))
    }
    const refused = positions.map(position => this.#refusals.text(position))
    const texts = [...new Set(refused.filter(text => text !== undefined))]
    const numbers = new Map<string | undefined, number>(texts.map((text, number) => [text, number + 1]))
    return {
      limit: this.#limit,
      hashes,
      fingerprints: Float64Array.from(positions, position => this.#fingerprints[position]!),
      predictions: Float64Array.from(positions, position => this.#predictions[position]!),
      refusalTexts: texts,
      /** For each id 1 + the place of its refusal, or 0. */
      refusals: texts.length === 0 ? new Uint32Array(0) : Uint32Array.from(refused, text => numbers.get(text) ?? 0)
    }
  }

  /** @throws {MillraceError} MILL_STATE_INVALID */
  static fromFields(state: StateReader): IdWindow {
    const window = new IdWindow(state.count('limit'))
    const fingerprints = state.finites('fingerprints')
    const { length } = fingerprints
    const hashes = state.int32s('hashes', 4 * length)
    const predictions = state.float64s('predictions', length)
    const texts = state.strings('refusalTexts')
    const refusals = state.uint32s('refusals', texts.length === 0 ? 0 : length)
    if (length > window.#limit) throw invalid('more ids than the limit')
    for (const [index, prediction] of predictions.entries()) {
      const text = texts[(refusals[index] ?? 0) - 1]
      if (Number.isNaN(prediction) !== (text !== undefined)) throw invalid('an id has no outcome, or two')
      window.#hash.set(hashes.subarray(4 * index, 4 * index + 4))
      if (window.#table.find(window.#hash) !== -1) throw invalid('an id comes twice')
      window.#push(fingerprints[index]!, text ?? prediction)
    }
    return window
  }

  get #capacity(): number {
    return this.#fingerprints.length
  }

  #position(index: number): number {
    const position = this.#start + index
    return position < this.#capacity ? position : position - this.#capacity
  }

  /** Remember what has the hash. A refusal comes as it is or as its text. */
  #push(fingerprint: number, outcome: number | Refusal | string): void {
    if (this.#size === this.#limit) this.#dropOldest()
    if (this.#size === this.#capacity) this.#move(Math.min(this.#limit, Math.max(64, 2 * this.#capacity)))
    const position = this.#position(this.#size)
    this.#table.put(position, this.#hash)
    this.#write(position, fingerprint, outcome)
    this.#size++
  }

  #write(position: number, fingerprint: number, outcome: number | Refusal | string): void {
    this.#fingerprints[position] = fingerprint
    this.#predictions[position] = typeof outcome === 'number' ? outcome : NaN
    this.#refusals.delete(position)
    if (typeof outcome !== 'number') this.#refusals.set(position, outcome)
  }

  #dropOldest(): void {
    this.#table.remove(this.#start)
    this.#start = this.#position(1)
    this.#size--
  }

  /** Move all entries to a ring of another capacity, which holds them. */
  #move(capacity: number): void {
    const before = {
      table: this.#table,
      fingerprints: this.#fingerprints,
      predictions: this.#predictions,
      refusals: this.#refusals
    }
    const positions = Array.from({ length: this.#size }, (_, index) => this.#position(index))
    this.#table = new IdTable(capacity)
    this.#fingerprints = new Float64Array(capacity)
    this.#predictions = new Float64Array(capacity)
    this.#refusals = new RefusalList()
    this.#start = 0
    this.#size = 0
    const hash = this.#hash.slice()
    for (const position of positions) {
      before.table.read(position, this.#hash)
      this.#push(before.fingerprints[position]!, before.refusals.text(position) ?? before.predictions[position]!)
    }
    this.#hash.set(hash)
  }
}

function invalid(problem: string): MillraceError {
  return new MillraceError('MILL_STATE_INVALID', `not a usable learner state: ${problem}`)
}

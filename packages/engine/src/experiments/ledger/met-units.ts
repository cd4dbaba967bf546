import type { HashTable } from './hash-table.ts'

const stride = 4
const ownRequestMark = 0x20
const armBits = 0x1f
const markCount = 8192

/** Hears of a unit that was served by an arm. @param time milliseconds since 1970 */
type MetUnit = (first: number, second: number, arm: number, isOwnRequest: boolean, time: number) => void

/**
 * Units that were served and are not looked up yet. A unit among a million is somewhere in memory that the processor has
 * not at hand, and waits for it are longer than all else that is done for a unit. Looked up together, many such waits are
 * one.
 */
export class MetUnits {
  readonly #capacity: number
  /** Four words each: hash, arm and mark, milliseconds since `#since`. Made for the first one: most experiments are over. */
  #words: Uint32Array | undefined
  #size = 0
  /** Of which hashes there are any, by their lowest bits. */
  #marks: Uint8Array | undefined
  #since = 0
  /** What was read last where units are looked up. Nobody needs it, but the reading is left out where nothing comes of it. */
  read = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get isEmpty(): boolean {
    return this.#size === 0
  }

  get isFull(): boolean {
    return this.#size === this.#capacity
  }

  /** Must not be called while it is full. @param time milliseconds since 1970 */
  add(first: number, second: number, arm: number, isOwnRequest: boolean, time: number): void {
    if (this.#size === 0) this.#since = time
    const words = (this.#words ??= new Uint32Array(stride * this.#capacity))
    const at = stride * this.#size++
    const marks = (this.#marks ??= new Uint8Array(markCount))
    marks[first & (markCount - 1)] = 1
    words[at] = first
    words[at + 1] = second
    words[at + 2] = isOwnRequest ? arm | ownRequestMark : arm
    // Where the clock was set back since the first of them, they are taken for of one moment.
    words[at + 3] = Math.max(0, time - this.#since)
  }

  /** Whether a unit may be among them; rarely true for one that is not. */
  mayHave(first: number): boolean {
    return this.#marks?.[first & (markCount - 1)] === 1
  }

  /** Have the memory near that a table has for them. */
  approach(table: HashTable): void {
    const words = this.#words
    if (words === undefined) return
    let read = 0
    for (let at = 0; at < stride * this.#size; at += stride) read ^= table.approach(words[at]!, words[at + 1]!)
    this.read = read
  }

  /** Go through them in the order in which they came, and begin anew. */
  drain(visit: MetUnit): void {
    const words = this.#words
    if (words === undefined) return
    const end = stride * this.#size
    this.#size = 0
    this.#marks?.fill(0)
    for (let at = 0; at < end; at += stride) {
      const info = words[at + 2]!
      visit(words[at]!, words[at + 1]!, info & armBits, (info & ownRequestMark) !== 0, this.#since + words[at + 3]!)
    }
  }
}

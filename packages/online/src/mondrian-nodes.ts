import { MillraceError } from '@millrace/common'
import { arraySize, viewSize } from './memory-size.ts'
import { recordLayout } from './mondrian-layout.ts'

// Constants of a module's own are faster than imported ones.
const { leftAt, featureAt, boxAt } = recordLayout

// A chunk has 2^15 doubles. In constants, since every step of a tree divides an offset by it.
const chunkBits = 15
const chunkSize = 2 ** chunkBits
const chunkMask = chunkSize - 1
/** Pairs that the first chunk has room for once a tree begins to learn. */
const firstPairs = 32
/** Offsets are 32-bit integers. */
const mostChunks = 2 ** 31 / chunkSize
/** A pair must fit into a chunk. */
const mostSlots = Math.floor((chunkSize / 2 - boxAt - 1) / 2)

/**
 * Where a tree keeps its nodes: records in chunks of one size, so that a tree grows without moving what is there; only
 * the first chunk starts small. A node is known by its offset: where its record would begin if the chunks followed each
 * other. Siblings stand side by side as a pair, the left one first; the root is the left one of a pair that has no right.
 */
export class MondrianNodes {
  /** Do records end with the offset of the node whose mean they share? */
  readonly hasSharedMeans: boolean
  readonly #slots: number
  readonly #record: number
  readonly #pairsPerChunk: number
  readonly #data: Float64Array[]
  /** The memory of `#data` once more, for the integers. */
  readonly #links: Int32Array[]
  #pairs = 1

  /**
   * A single leaf whose box has `slots` features and knows none of them.
   * @throws {MillraceError} MILL_FEATURE_LIMIT for more features than there is room for
   */
  constructor(hasSharedMeans: boolean, slots: number) {
    if (slots > mostSlots) {
      throw new MillraceError('MILL_FEATURE_LIMIT', `a forest takes at most ${mostSlots} features, got ${slots}`)
    }
    this.hasSharedMeans = hasSharedMeans
    this.#slots = slots
    this.#record = boxAt + 2 * slots + (hasSharedMeans ? 1 : 0)
    this.#pairsPerChunk = Math.floor(chunkSize / (2 * this.#record))
    this.#data = [new Float64Array(2 * this.#record)]
    this.#links = this.#data.map(linksOf)
    this.#links[0]![featureAt] = -1
  }

  /** How many nodes there are. */
  get count(): number {
    return 2 * this.#pairs - 1
  }

  get ownBytes(): number {
    return this.#data.reduce((sum, chunk) => sum + arraySize(chunk.byteLength) + viewSize, 0)
  }

  /** Features in a box. */
  get slots(): number {
    return this.#slots
  }

  /** Doubles in a record; also how far the right one of a pair is from the left one. */
  get record(): number {
    return this.#record
  }

  /** The chunk that has `node`. */
  data(node: number): Float64Array {
    return this.#data[node >>> chunkBits]!
  }

  /** The same as 32-bit integers, two for each double. */
  links(node: number): Int32Array {
    return this.#links[node >>> chunkBits]!
  }

  /** Where in its chunk the record of `node` begins. */
  at(node: number): number {
    return node & chunkMask
  }

  /** Make room for one more pair. Throws with all as it was. */
  reserve(): void {
    const chunk = Math.floor(this.#pairs / this.#pairsPerChunk)
    const end = ((this.#pairs % this.#pairsPerChunk) + 1) * 2 * this.#record
    if (chunk === mostChunks) throw new RangeError('a tree does not fit into 16 GiB; limit maxNodes')
    if (chunk === this.#data.length) this.#setChunk(chunk, new Float64Array(chunkSize))
    else if (end > this.#data[chunk]!.length) this.#lengthenFirst()
  }

  /** A pair of new nodes, for which `reserve` has made room. @returns the left one */
  addPair(): number {
    return this.#offset(2 * this.#pairs++)
  }

  /** The node whose mean `node` shows, in most cases itself. */
  owner(node: number): number {
    return this.hasSharedMeans ? this.links(node)[2 * (this.at(node) + this.#record - 1)]! : node
  }

  setOwner(node: number, owner: number): void {
    if (this.hasSharedMeans) this.links(node)[2 * (this.at(node) + this.#record - 1)] = owner
  }

  /** Make the box of a node know no feature. Under shared means, boxes know all features. */
  clearBox(node: number): void {
    if (this.hasSharedMeans) return
    const at = this.at(node)
    this.data(node).fill(Number.NaN, at + boxAt, at + this.#record)
  }

  /**
   * The same nodes with boxes of at least `slots` features, more than now, the new ones known to none. Every node but
   * the root has moved, so that there is some room for the next new feature too.
   */
  widened(slots: number): MondrianNodes {
    const roomy = Math.min(Math.ceil(this.#slots * 1.5), mostSlots)
    const wider = new MondrianNodes(this.hasSharedMeans, Math.max(slots, roomy))
    while (wider.#pairs < this.#pairs) {
      wider.reserve()
      wider.addPair()
    }
    const moved = (offset: number): number => wider.#offset(this.#number(offset))
    for (let number = 0; number < 2 * this.#pairs; number++) {
      if (number !== 1) wider.#takeOver(this, this.#offset(number), wider.#offset(number), moved)
    }
    return wider
  }

  #takeOver(other: MondrianNodes, from: number, to: number, moved: (offset: number) => number): void {
    const start = other.at(from)
    const at = this.at(to)
    this.clearBox(to)
    this.data(to).set(other.data(from).subarray(start, start + boxAt + 2 * other.#slots), at)
    this.links(to)[2 * at + leftAt] = moved(other.links(from)[2 * start + leftAt]!)
    this.setOwner(to, moved(other.owner(from)))
  }

  /** Offset of the node of this number; the second number is nobody's. */
  #offset(number: number): number {
    const pair = number >>> 1
    const chunk = Math.floor(pair / this.#pairsPerChunk)
    return chunk * chunkSize + (2 * (pair % this.#pairsPerChunk) + (number & 1)) * this.#record
  }

  #number(offset: number): number {
    return (offset >>> chunkBits) * 2 * this.#pairsPerChunk + this.at(offset) / this.#record
  }

  #lengthenFirst(): void {
    const before = this.#data[0]!
    const length = Math.max(2 * before.length, 2 * firstPairs * this.#record)
    const longer = new Float64Array(Math.min(length, chunkSize))
    longer.set(before)
    this.#setChunk(0, longer)
  }

  #setChunk(chunk: number, data: Float64Array): void {
    this.#data[chunk] = data
    this.#links[chunk] = linksOf(data)
  }
}

function linksOf(data: Float64Array): Int32Array {
  return new Int32Array(data.buffer)
}

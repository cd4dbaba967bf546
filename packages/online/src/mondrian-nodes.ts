import { MillraceError } from '@millrace/common'
import { arraySize, roomFor } from './memory-size.ts'
import { recordLayout } from './mondrian-layout.ts'

// Constants of a module's own are faster than imported ones.
const { leftAt, featureAt, boxAt } = recordLayout

// A chunk has at most 2^15 doubles. In constants, since every step of a tree divides an offset by it.
const chunkBits = 15
const chunkSize = 2 ** chunkBits
const chunkMask = chunkSize - 1
/** Pairs that the first chunk has room for once a tree begins to learn. */
const firstPairs = 32
/** Offsets are 32-bit integers. */
const mostChunks = 2 ** 31 / chunkSize
/** A pair must fit into a chunk. */
const mostSlots = Math.floor((chunkSize / 2 - boxAt - 1) / 2)
/** Bytes of the object and its lists, and of each chunk beside its numbers. */
const fixedSize = 250
const chunkOverhead = arraySize(0) + 144

/**
 * Where a tree keeps its nodes: records in chunks of one size, so that a tree grows without moving what is there; only
 * the first chunk starts small. A node is known by its offset: where its record would begin if the chunks followed each
 * other. Siblings stand side by side as a pair, the left one first; the root is the left one of a pair that has no right.
 * Pairs given back are used again before new ones.
 */
export class MondrianNodes {
  /** Do records end with the offset of the node whose mean they share? */
  readonly hasSharedMeans: boolean
  /** How many pairs there may be; no chunk has room for more. */
  mostPairs: number
  readonly #slots: number
  readonly #record: number
  readonly #pairsPerChunk: number
  readonly #data: Float64Array[]
  /** The memory of `#data` once more, for the integers. */
  readonly #links: Int32Array[]
  /** Bytes of all chunks. */
  #numberBytes: number
  /** Pairs that have a place, those given back included. */
  #places = 1
  #pairs = 1
  /** Offset of the pair given back last, which has that of the one before as its left child; -1 when there is none. */
  #free = -1

  /**
   * A single leaf whose box has `slots` features, or a few more, and knows none of them.
   * @throws {MillraceError} MILL_FEATURE_LIMIT for more features than there is room for
   */
  constructor(hasSharedMeans: boolean, slots: number, mostPairs = Infinity) {
    this.hasSharedMeans = hasSharedMeans
    this.mostPairs = mostPairs
    this.#slots = slotsFor(slots)
    this.#record = recordSize(this.#slots, hasSharedMeans)
    this.#pairsPerChunk = pairsIn(chunkSize, this.#record)
    this.#data = [new Float64Array(2 * this.#record)]
    this.#links = this.#data.map(linksOf)
    this.#numberBytes = this.#data[0]!.byteLength
    this.#links[0]![featureAt] = -1
  }

  /** How many nodes there are. */
  get count(): number {
    return 2 * this.#pairs - 1
  }

  /** How many pairs there are. */
  get pairs(): number {
    return this.#pairs
  }

  /** Bytes of all nodes and the room for more. */
  get ownBytes(): number {
    return fixedSize + this.#data.length * chunkOverhead + this.#numberBytes
  }

  /** Do all nodes, and any more up to so many pairs, take no more room than {@link nodesSize} says? */
  fits(pairs: number, features: number): boolean {
    if (pairs === Infinity) return true
    if (slotsFor(features) !== this.#slots) return false
    return pairs >= this.mostPairs || this.ownBytes <= sizeOf(pairs, this.#record)
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
    if (this.#free >= 0) return
    const chunk = Math.floor(this.#places / this.#pairsPerChunk)
    const end = ((this.#places % this.#pairsPerChunk) + 1) * 2 * this.#record
    if (chunk === mostChunks) throw new RangeError('a tree does not fit into 16 GiB; limit its memory')
    const before = this.#data[chunk]
    if (before === undefined || end > before.length) this.#lengthen(chunk, before)
  }

  /** A pair of new nodes, for which `reserve` has made room. @returns the left one */
  addPair(): number {
    this.#pairs++
    if (this.#free < 0) return this.#offset(2 * this.#places++)
    const left = this.#free
    const at = this.at(left)
    this.#free = this.links(left)[2 * at + leftAt]!
    this.data(left).fill(0, at, at + 2 * this.#record)
    return left
  }

  /** Give back a pair that no node has as its children any more. @param left its left node */
  freePair(left: number): void {
    this.links(left)[2 * this.at(left) + leftAt] = this.#free
    this.#free = left
    this.#pairs--
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
   * The same nodes side by side, with boxes of at least `slots` features, the new ones known to none. All have moved, so
   * that there is some room for the next new features too, unless the pairs are limited.
   */
  rebuilt(slots: number, mostPairs: number): MondrianNodes {
    const roomy = mostPairs === Infinity ? Math.min(Math.ceil(this.#slots * 1.5), mostSlots) : 0
    const copy = new MondrianNodes(this.hasSharedMeans, Math.max(slots, roomy), mostPairs)
    copy.#takeOver(this, 0, 0)
    copy.setOwner(0, 0)
    const pending = [0, 0]
    while (pending.length > 0) {
      const to = pending.pop()!
      const from = pending.pop()!
      if (this.links(from)[2 * this.at(from) + featureAt]! < 0) continue
      const right = this.#copyChildren(copy, from, to)
      pending.push(right.from, right.to, right.from - this.#record, right.to - copy.#record)
    }
    return copy
  }

  /** Copy both children of the node `from` to the node `to` of `copy`. @returns the right one, here and there */
  #copyChildren(copy: MondrianNodes, from: number, to: number): { from: number; to: number } {
    copy.reserve()
    const left = this.links(from)[2 * this.at(from) + leftAt]!
    const copied = copy.addPair()
    copy.links(to)[2 * copy.at(to) + leftAt] = copied
    for (const side of [0, 1]) {
      const child = left + side * this.#record
      const target = copied + side * copy.#record
      copy.#takeOver(this, child, target)
      // A node shows its own mean or the one that its parent shows.
      copy.setOwner(target, this.owner(child) === child ? target : copy.owner(to))
    }
    return { from: left + this.#record, to: copied + copy.#record }
  }

  /** All of a node but its children and its owner. */
  #takeOver(other: MondrianNodes, from: number, to: number): void {
    const start = other.at(from)
    const at = this.at(to)
    this.clearBox(to)
    this.data(to).set(other.data(from).subarray(start, start + boxAt + 2 * other.#slots), at)
  }

  /** Offset of the node of this number; the second number is nobody's. */
  #offset(number: number): number {
    const pair = number >>> 1
    const chunk = Math.floor(pair / this.#pairsPerChunk)
    return chunk * chunkSize + (2 * (pair % this.#pairsPerChunk) + (number & 1)) * this.#record
  }

  /** Give a chunk the room it may have; the first one, step by step. */
  #lengthen(chunk: number, before: Float64Array | undefined): void {
    const pairs = Math.min(this.#pairsPerChunk, this.mostPairs - chunk * this.#pairsPerChunk)
    const most = 2 * pairs * this.#record
    const wanted = chunk > 0 ? most : Math.max(2 * before!.length, 2 * firstPairs * this.#record)
    const data = new Float64Array(Math.min(most, wanted))
    if (before !== undefined) data.set(before)
    this.#setChunk(chunk, data)
  }

  #setChunk(chunk: number, data: Float64Array): void {
    this.#numberBytes += data.byteLength - (this.#data[chunk]?.byteLength ?? 0)
    this.#data[chunk] = data
    this.#links[chunk] = linksOf(data)
  }
}

function linksOf(data: Float64Array): Int32Array {
  return new Int32Array(data.buffer)
}

/** Features that boxes have room for, of trees that know so many. @throws {MillraceError} MILL_FEATURE_LIMIT */
function slotsFor(features: number): number {
  if (features <= mostSlots) return Math.min(roomFor(features), mostSlots)
  throw new MillraceError('MILL_FEATURE_LIMIT', `a forest takes at most ${mostSlots} features, got ${features}`)
}

function recordSize(slots: number, hasSharedMeans: boolean): number {
  return boxAt + 2 * slots + (hasSharedMeans ? 1 : 0)
}

function pairsIn(doubles: number, record: number): number {
  return Math.floor(doubles / (2 * record))
}

/** The most bytes that so many pairs take, with boxes for so many features. @throws {MillraceError} MILL_FEATURE_LIMIT */
export function nodesSize(pairs: number, features: number, hasSharedMeans: boolean): number {
  return sizeOf(pairs, recordSize(slotsFor(features), hasSharedMeans))
}

function sizeOf(pairs: number, record: number): number {
  const chunks = Math.ceil(pairs / pairsIn(chunkSize, record))
  return fixedSize + chunks * chunkOverhead + 16 * pairs * record
}
